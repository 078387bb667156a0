import RandomNumbers
import Testing

@testable import Batching

/// Random operations on a queue, checked against what was put in.
@Suite("Batch queue, random operations")
struct BatchQueuePropertyTests {
  static let limits = [
    BatchLimits(requestsPerBatch: 3, pointsPerBatch: 50, maximumDelay: .milliseconds(2)),
    BatchLimits(
      requestsPerBatch: 8, pointsPerBatch: 200, preferredRequests: [2, 5],
      maximumDelay: .milliseconds(4), smallestSharePoints: 1),
    BatchLimits(requestsPerBatch: 1, pointsPerBatch: 1),
  ]

  @Test(arguments: UInt64(0)..<20)
  func `nothing is lost, doubled, reordered within its lane, late, or above a limit`(
    _ seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let lanes = Self.limits.enumerated().map { TestLane("\($0)", $1) }
    var queue = BatchQueue<TestLane, Int>()
    var now = ContinuousClock.now
    var waiting: [Int: BatchItemID] = [:]
    var deadlines: [Int: ContinuousClock.Instant] = [:]
    var lastServed: [TestLane: Int] = [:]
    var left = 0

    func leave(_ payload: Int) {
      #expect(waiting.removeValue(forKey: payload) != nil, "\(payload) left twice")
      left += 1
    }

    func serve(isDraining: Bool) -> Bool {
      for item in queue.removeExpired(at: now) {
        #expect(item.deadline.map { $0 <= now } == true)
        leave(item.payload)
      }
      let idleWorkers = Int.random(in: 1...4, using: &generator)
      guard
        case .batch(let batch) = queue.next(
          at: now, idleWorkers: idleWorkers, isDraining: isDraining)
      else { return false }
      let limits = batch.lane.batchLimits
      #expect((1...limits.requestsPerBatch).contains(batch.items.count))
      #expect(batch.pointCount <= limits.pointsPerBatch || batch.items.count == 1)
      #expect(batch.pointCount == batch.items.reduce(0) { $0 + $1.pointCount })
      for item in batch.items {
        #expect(item.lane == batch.lane)
        #expect(item.payload > lastServed[batch.lane] ?? -1)
        #expect(deadlines[item.payload].map { $0 > now } ?? true)
        lastServed[batch.lane] = item.payload
        leave(item.payload)
      }
      return true
    }

    let total = 400
    for payload in 0..<total {
      let deadline =
        Bool.random(using: &generator)
        ? now + .milliseconds(Int.random(in: 0...20, using: &generator)) : nil
      deadlines[payload] = deadline
      waiting[payload] = queue.append(
        payload, pointCount: Int.random(in: 0...60, using: &generator),
        lane: try #require(lanes.randomElement(using: &generator)), deadline: deadline, at: now)
      if Int.random(in: 0..<8, using: &generator) == 0,
        let victim = waiting.keys.sorted().randomElement(using: &generator),
        let id = waiting[victim]
      {
        #expect(queue.cancel(id)?.payload == victim)
        leave(victim)
      }
      if Int.random(in: 0..<3, using: &generator) == 0 {
        now += .microseconds(Int.random(in: 0...3000, using: &generator))
      }
      if Bool.random(using: &generator) { _ = serve(isDraining: false) }
      #expect(queue.pending.requests == waiting.count)
    }
    while serve(isDraining: true) {}
    #expect(waiting.isEmpty)
    #expect(left == total)
    #expect(queue.pending == .zero)
    #expect(queue.pendingByLane.isEmpty)
  }

  @Test(arguments: UInt64(0)..<10)
  func `an ordered queue behaves like an array`(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var queue = OrderedQueue<UInt64>()
    var model: [UInt64] = []
    for number in UInt64(1)...500 {
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      case 1:
        let victim = UInt64.random(in: 0...number, using: &generator)
        let index = model.firstIndex(of: victim)
        #expect(queue.remove(number: victim) == index.map { model.remove(at: $0) })
      default:
        queue.append(number, number: number)
        model.append(number)
      }
      var seen: [UInt64] = []
      queue.forEach { element in
        seen.append(element)
        return true
      }
      #expect(seen == model)
      #expect(queue.count == model.count)
      #expect(queue.first == model.first)
    }
  }

  @Test(arguments: UInt64(0)..<10)
  func `a deadline heap yields its entries in order`(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let start = ContinuousClock.now
    var heap = DeadlineHeap()
    var offsets = (0..<100).map { _ in Int.random(in: 0..<50, using: &generator) }
    for (index, offset) in offsets.enumerated() {
      heap.insert(
        .init(
          deadline: start + .seconds(offset), item: BatchItemID(number: UInt64(index))))
    }
    heap.removeAll { Int($0.item.number).isMultiple(of: 3) }
    offsets = offsets.enumerated().filter { !$0.offset.isMultiple(of: 3) }.map(\.element)
    var found: [ContinuousClock.Instant] = []
    while let first = heap.first {
      found.append(first.deadline)
      heap.removeFirst()
    }
    #expect(found == offsets.sorted().map { start + .seconds($0) })
  }
}
