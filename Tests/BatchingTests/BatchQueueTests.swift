import Testing

@testable import Batching

@Suite("Batch queue")
struct BatchQueueTests {
  typealias Queue = BatchQueue<TestLane, Int>

  let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
    start + .milliseconds(milliseconds)
  }

  private func describe(_ next: Queue.Next) -> String {
    switch next {
    case .batch(let batch):
      "\(batch.reason.rawValue) \(batch.lane.name) \(batch.items.map(\.payload))"
    case .wait(let instant): "wait \(start.duration(to: instant) / .milliseconds(1))"
    case .empty: "empty"
    }
  }

  /// Items (milliseconds of arrival, points) of one lane, numbered from 0, and what is next.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var preferred: [Int] = []
    var delay = 5
    let items: [(arrival: Int, points: Int)]
    var now = 0
    var isDraining = false
    let expected: [String]

    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "nothing waits", items: [], expected: ["empty"]),
    Case(name: "a lone item waits for company", items: [(0, 10)], expected: ["wait 5.0"]),
    Case(name: "the delay counts from arrival", items: [(3, 10)], now: 4, expected: ["wait 8.0"]),
    Case(
      name: "the delay has passed", items: [(0, 10), (4, 10)], now: 5,
      expected: ["delay a [0, 1]", "empty"]),
    Case(
      name: "without a delay a lone item goes at once", delay: 0, items: [(0, 10)],
      expected: ["delay a [0]", "empty"]),
    Case(
      name: "as many requests as a batch holds go at once",
      items: [(0, 1), (0, 1), (0, 1), (0, 1), (0, 1)],
      expected: ["full a [0, 1, 2, 3]", "wait 5.0"]),
    Case(
      name: "as many points as a batch holds go at once", items: [(0, 60), (0, 40), (0, 1)],
      expected: ["full a [0, 1]", "wait 5.0"]),
    Case(
      name: "what does not fit waits for the next batch", items: [(0, 60), (0, 41), (0, 1)],
      expected: ["full a [0]", "wait 5.0"]),
    Case(
      name: "a small item does not overtake one that does not fit",
      items: [(0, 60), (0, 41), (0, 1)], now: 5, expected: ["full a [0]", "delay a [1, 2]"]),
    Case(
      name: "an item above the limit goes alone", items: [(0, 1), (0, 1000), (0, 1)],
      expected: ["full a [0]", "full a [1]", "wait 5.0"]),
    Case(
      name: "items without points batch too", items: [(0, 0), (0, 0)], now: 5,
      expected: ["delay a [0, 1]", "empty"]),
    Case(
      name: "a preferred size goes at once", preferred: [2], items: [(0, 1), (0, 1), (0, 1)],
      expected: ["full a [0, 1]", "wait 5.0"]),
    Case(
      name: "the largest preferred size reached is taken", preferred: [3, 2],
      items: [(0, 1), (0, 1), (0, 1), (0, 1)], expected: ["full a [0, 1, 2]", "wait 5.0"]),
    Case(
      name: "a preferred size that would not fit in points is not taken", preferred: [3, 2],
      items: [(0, 40), (0, 40), (0, 40)], expected: ["full a [0, 1]", "wait 5.0"]),
    Case(
      name: "past the delay everything that fits goes, preferred or not", preferred: [2],
      items: [(0, 1), (0, 1), (0, 1)], now: 5, expected: ["delay a [0, 1, 2]", "empty"]),
    Case(
      name: "a preferred size counts without a delay too", preferred: [2], delay: 0,
      items: [(0, 1), (0, 1), (0, 1)], expected: ["full a [0, 1]", "delay a [2]"]),
    Case(
      name: "preferred sizes above the limit are ignored", preferred: [9],
      items: [(0, 1), (0, 1)], expected: ["wait 5.0"]),
    Case(
      name: "a drain waits for no company", items: [(0, 1), (0, 1)], isDraining: true,
      expected: ["drain a [0, 1]", "empty"]),
    Case(
      name: "a drain keeps to the limits", items: [(0, 99), (0, 1), (0, 7)], isDraining: true,
      expected: ["full a [0, 1]", "drain a [2]", "empty"]),
  ]

  @Test(arguments: cases)
  func `the next batch is decided by size, then delay`(_ test: Case) {
    let lane = TestLane(
      "a",
      BatchLimits(
        requestsPerBatch: 4, pointsPerBatch: 100, preferredRequests: test.preferred,
        maximumDelay: .milliseconds(test.delay)))
    var queue = Queue()
    for (index, item) in test.items.enumerated() {
      _ = queue.append(index, pointCount: item.points, lane: lane, at: at(item.arrival))
    }
    let found = test.expected.map { _ in
      describe(queue.next(at: at(test.now), isDraining: test.isDraining))
    }
    #expect(found == test.expected)
  }

  @Test func `only items of one lane batch together, the lane with the oldest item first`() {
    let one = TestLane("one")
    let two = TestLane("two")
    var queue = Queue()
    for (payload, lane) in [(0, two), (1, one), (2, two), (3, one)] {
      _ = queue.append(payload, pointCount: 1, lane: lane, at: start)
    }
    #expect(
      queue.pendingByLane == [
        one: .init(requests: 2, points: 2), two: .init(requests: 2, points: 2),
      ])
    #expect(describe(queue.next(at: start)) == "delay two [0, 2]")
    #expect(describe(queue.next(at: start)) == "delay one [1, 3]")
    #expect(describe(queue.next(at: start)) == "empty")
    #expect(queue.pendingByLane.isEmpty)
  }

  @Test func `a busy lane does not keep another from its turn`() {
    let limits = BatchLimits(requestsPerBatch: 2)
    let busy = TestLane("busy", limits)
    let quiet = TestLane("quiet", limits)
    var queue = Queue()
    var served: [String] = []
    for payload in 0..<4 { _ = queue.append(payload, pointCount: 1, lane: busy, at: start) }
    _ = queue.append(100, pointCount: 1, lane: quiet, at: start)
    for payload in 4..<24 {
      _ = queue.append(payload, pointCount: 1, lane: busy, at: start)
      if payload.isMultiple(of: 2) { served.append(describe(queue.next(at: start))) }
    }
    #expect(served.prefix(3) == ["full busy [0, 1]", "full busy [2, 3]", "delay quiet [100]"])
  }

  @Test func `a lane that waits for company does not hold up one that is ready`() {
    let patient = TestLane("patient", BatchLimits(maximumDelay: .milliseconds(9)))
    let prompt = TestLane("prompt")
    var queue = Queue()
    _ = queue.append(0, pointCount: 1, lane: patient, at: start)
    _ = queue.append(1, pointCount: 1, lane: prompt, at: start)
    #expect(describe(queue.next(at: start)) == "delay prompt [1]")
    #expect(describe(queue.next(at: start)) == "wait 9.0")
  }

  @Test func `idle workers divide what is due`() {
    let lane = TestLane(
      "a", BatchLimits(requestsPerBatch: 8, maximumDelay: .milliseconds(5), smallestSharePoints: 10)
    )
    var queue = Queue()
    for payload in 0..<8 { _ = queue.append(payload, pointCount: 10, lane: lane, at: start) }
    #expect(describe(queue.next(at: start, idleWorkers: 3)) == "full a [0, 1, 2]")
    #expect(describe(queue.next(at: start, idleWorkers: 2)) == "full a [3, 4, 5]")
    #expect(describe(queue.next(at: start, idleWorkers: 1)) == "full a [6, 7]")
  }

  @Test func `a batch says how many workers find nothing to do beside it`() throws {
    let lane = TestLane("a", BatchLimits(requestsPerBatch: 1))
    var queue = Queue()
    for payload in 0..<2 { _ = queue.append(payload, pointCount: 1, lane: lane, at: start) }
    let idleWorkerCounts = [3, 2].map { idleWorkers -> Int? in
      guard case .batch(let batch) = queue.next(at: start, idleWorkers: idleWorkers) else {
        return nil
      }
      return batch.idleWorkerCount
    }
    #expect(idleWorkerCounts == [0, 1])
  }

  @Test func `what is left of a divided batch does not wait again`() throws {
    let lane = TestLane(
      "a", BatchLimits(requestsPerBatch: 4, maximumDelay: .milliseconds(5), smallestSharePoints: 1))
    var queue = Queue()
    let ids = (0..<4).map { queue.append($0, pointCount: 10, lane: lane, at: start) }
    #expect(describe(queue.next(at: start, idleWorkers: 2)) == "full a [0, 1]")
    #expect(queue.cancel(ids[3])?.payload == 3)
    #expect(describe(queue.next(at: start, idleWorkers: 1)) == "full a [2]")
    _ = queue.append(4, pointCount: 10, lane: lane, at: start)
    #expect(describe(queue.next(at: start, idleWorkers: 2)) == "wait 5.0")
  }

  @Test func `small items are not divided`() {
    let lane = TestLane("a", BatchLimits(smallestSharePoints: 1000))
    var queue = Queue()
    for payload in 0..<3 { _ = queue.append(payload, pointCount: 100, lane: lane, at: start) }
    #expect(describe(queue.next(at: start, idleWorkers: 8)) == "delay a [0, 1, 2]")
  }

  @Test func `a preferred size is not divided`() {
    let lane = TestLane("a", BatchLimits(preferredRequests: [4], smallestSharePoints: 1))
    var queue = Queue()
    for payload in 0..<4 { _ = queue.append(payload, pointCount: 100, lane: lane, at: start) }
    #expect(describe(queue.next(at: start, idleWorkers: 2)) == "full a [0, 1, 2, 3]")
  }

  @Test func `expired items are handed back, the earliest deadline first, and not computed`() {
    let lane = TestLane()
    var queue = Queue()
    for (payload, deadline) in [30, 10, nil, 20, 10].enumerated() {
      _ = queue.append(payload, pointCount: 1, lane: lane, deadline: deadline.map(at), at: start)
    }
    #expect(queue.nextDeadline() == at(10))
    #expect(queue.removeExpired(at: at(9)).isEmpty)
    #expect(Set(queue.removeExpired(at: at(10)).map(\.payload)) == [1, 4])
    #expect(queue.removeExpired(at: at(30)).map(\.payload) == [3, 0])
    #expect(queue.nextDeadline() == nil)
    #expect(describe(queue.next(at: at(30))) == "delay a [2]")
  }

  @Test func `a cancelled item is gone, once`() {
    let lane = TestLane()
    var queue = Queue()
    let ids = (0..<3).map {
      queue.append($0, pointCount: 7, lane: lane, deadline: at(1), at: start)
    }
    #expect(queue.cancel(ids[1])?.payload == 1)
    #expect(queue.cancel(ids[1]) == nil)
    #expect(queue.pending == PendingWork(requests: 2, points: 14))
    #expect(describe(queue.next(at: start)) == "delay a [0, 2]")
    #expect(queue.cancel(ids[0]) == nil)
    #expect(queue.pending == .zero)
    #expect(queue.removeExpired(at: at(2)).isEmpty)
  }

  @Test func `a batch tells how long each of its items has waited`() throws {
    var queue = Queue()
    _ = queue.append(0, pointCount: 3, lane: TestLane(), at: at(0))
    _ = queue.append(1, pointCount: 4, lane: TestLane(), at: at(2))
    guard case .batch(let batch) = queue.next(at: at(5)) else {
      Issue.record("a batch is ready")
      return
    }
    #expect(batch.pointCount == 7)
    #expect(batch.items.map(batch.queueTime(of:)) == [.milliseconds(5), .milliseconds(3)])
  }
}
