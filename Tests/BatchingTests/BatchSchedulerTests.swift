import RandomNumbers
import Synchronization
import Testing

@testable import Batching

/// Counts what it is told.
final class CountingObserver: BatchObserver {
  struct Counts: Sendable, Equatable {
    var batches = 0
    var items = 0
    var points = 0
    var expired = 0
    var cancelled = 0
    var reasons: Set<BatchReleaseReason> = []
  }

  private let state = Monitor(Counts())

  var counts: Counts { state.withLock { $0 } }

  func batchReleased(
    lane: TestLane, reason: BatchReleaseReason, pointCount: Int, queueTimes: [Duration]
  ) {
    state.withLock { counts in
      counts.batches += 1
      counts.items += queueTimes.count
      counts.points += pointCount
      counts.reasons.insert(reason)
    }
  }

  func itemExpired(lane: TestLane, pointCount: Int, queueTime: Duration) {
    state.withLock { $0.expired += 1 }
  }

  func itemCancelled(lane: TestLane, pointCount: Int, queueTime: Duration) {
    state.withLock { $0.cancelled += 1 }
  }
}

@Suite("Batch scheduler")
struct BatchSchedulerTests {
  /// A workspace that cannot be copied and knows how often it was used.
  struct CountingWorkspace: ~Copyable {
    var batches = 0
  }

  @Test(arguments: [Duration.zero, .microseconds(50)])
  func `a worker without work may tidy its workspace`(spin: Duration) throws {
    let tidied = Collector<Int>()
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: 1, spin: spin, onExpired: { _ in }, makeWorkspace: { CountingWorkspace() },
      onIdle: { workspace in tidied.add(workspace.batches) },
      run: { workspace, _ in workspace.batches += 1 })
    _ = tidied.waitFor(1)
    try scheduler.submit(1, pointCount: 1, lane: TestLane())
    #expect(tidied.waitFor(2) == [0, 1])
    scheduler.finish()
  }

  @Test(arguments: [1, 2, 4], [Duration.zero, .microseconds(50)])
  func `everything submitted by many threads is computed once`(
    _ workerCount: Int, _ spin: Duration
  ) throws {
    let computed = Collector<[Int]>()
    let observer = CountingObserver()
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: workerCount, spin: spin, observer: observer,
      onExpired: { _ in Issue.record("nothing expires here") },
      makeWorkspace: { CountingWorkspace() },
      run: { workspace, batch in
        workspace.batches += 1
        computed.add(batch.items.map(\.payload))
      })
    let lanes = [TestLane("a", BatchLimits(requestsPerBatch: 5)), TestLane("b")]
    try concurrently(4) { thread in
      do {
        for index in 0..<250 {
          try scheduler.submit(thread * 250 + index, pointCount: 2, lane: lanes[index % 2])
        }
      } catch {
        Issue.record(error)
      }
    }
    scheduler.finish()
    #expect(computed.values.flatMap(\.self).sorted() == Array(0..<1000))
    #expect(scheduler.pending == .zero)
    let counts = observer.counts
    #expect(counts.items == 1000 && counts.points == 2000)
    #expect(counts.batches == computed.values.count)
  }

  @Test func `items that arrive while the worker is busy share a batch`() throws {
    let gate = Gate()
    let batches = Collector<[String]>()
    let begun = Collector<Void>()
    let scheduler = try BatchScheduler<TestLane, String>(
      workerCount: 1, onExpired: { _ in }, makeWorkspace: { CountingWorkspace() },
      run: { workspace, batch in
        workspace.batches += 1
        begun.add(())
        if workspace.batches == 1 { gate.pass() }
        batches.add(batch.items.map(\.payload))
      })
    try scheduler.submit("first", pointCount: 1, lane: TestLane())
    _ = begun.waitFor(1)
    for client in ["one", "two", "three"] {
      try scheduler.submit(client, pointCount: 1, lane: TestLane())
    }
    #expect(scheduler.pendingByLane == [TestLane(): PendingWork(requests: 3, points: 3)])
    gate.open()
    scheduler.finish()
    #expect(batches.values == [["first"], ["one", "two", "three"]])
  }

  @Test func `the windows of one request are spread over the idle workers`() throws {
    let running = Monitor(0)
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: 2, spin: .zero, onExpired: { _ in }, makeWorkspace: { CountingWorkspace() },
      run: { _, batch in
        // Ends only when both workers are computing at the same time.
        running.withLock { $0 += batch.items.count }
        running.broadcast()
        running.wait { $0.isMultiple(of: 4) ? .done(()) : .wait(until: nil) }
      })
    for round in 1...20 {
      while scheduler.idleWorkerCount < 2 {}
      let windows = (0..<4).map { (payload: $0, pointCount: 4096) }
      #expect(try scheduler.submit(windows, lane: TestLane()).count == 4)
      running.wait { $0 == 4 * round ? .done(()) : .wait(until: nil) }
    }
    scheduler.finish()
    #expect(running.withLock { $0 } == 80)
  }

  @Test func `a deadline is kept while every worker is busy`() throws {
    let gate = Gate()
    let begun = Collector<Void>()
    let expired = Collector<Int>()
    let computed = Collector<Int>()
    let observer = CountingObserver()
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: 1, observer: observer, onExpired: { expired.add($0.payload) },
      makeWorkspace: { CountingWorkspace() },
      run: { _, batch in
        begun.add(())
        gate.pass()
        for item in batch.items { computed.add(item.payload) }
      })
    try scheduler.submit(0, pointCount: 1, lane: TestLane())
    _ = begun.waitFor(1)
    let now = ContinuousClock.now
    try scheduler.submit(1, pointCount: 1, lane: TestLane(), deadline: now + .seconds(600))
    try scheduler.submit(2, pointCount: 1, lane: TestLane(), deadline: now + .milliseconds(5))
    try scheduler.submit(3, pointCount: 1, lane: TestLane(), deadline: now)
    // The worker stands at the gate: only the timer can hand these back.
    #expect(expired.waitFor(2).sorted() == [2, 3])
    #expect(computed.values.isEmpty)
    gate.open()
    scheduler.finish()
    #expect(computed.values == [0, 1])
    #expect(observer.counts.expired == 2)
  }

  @Test func `a cancelled item is neither computed nor expired`() throws {
    let gate = Gate()
    let begun = Collector<Void>()
    let computed = Collector<Int>()
    let observer = CountingObserver()
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: 1, observer: observer, onExpired: { _ in Issue.record("cancelled before") },
      makeWorkspace: { CountingWorkspace() },
      run: { _, batch in
        begun.add(())
        gate.pass()
        for item in batch.items { computed.add(item.payload) }
      })
    let running = try scheduler.submit(0, pointCount: 1, lane: TestLane())
    _ = begun.waitFor(1)
    let waiting = try (1...3).flatMap { payload in
      try scheduler.submit(
        payload, pointCount: 1, lane: TestLane(), deadline: .now + .seconds(600))
    }
    #expect(scheduler.cancel(running + [waiting[0], waiting[2]]).map(\.payload) == [1, 3])
    #expect(scheduler.cancel(waiting).map(\.payload) == [2])
    gate.open()
    scheduler.finish()
    #expect(computed.values == [0])
    #expect(observer.counts.cancelled == 3)
  }

  @Test func `a drain releases what waits for company`() throws {
    let computed = Collector<Int>()
    let observer = CountingObserver()
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: 2, observer: observer, onExpired: { _ in },
      makeWorkspace: { CountingWorkspace() },
      run: { _, batch in for item in batch.items { computed.add(item.payload) } })
    let patient = TestLane("a", BatchLimits(maximumDelay: .seconds(3600)))
    try scheduler.submit(0, pointCount: 1, lane: patient)
    scheduler.drain()
    #expect(computed.waitFor(1) == [0])
    try scheduler.submit(1, pointCount: 1, lane: patient)
    #expect(computed.waitFor(2) == [0, 1])
    scheduler.finish()
    scheduler.finish()
    #expect(observer.counts.reasons == [.drain])
    #expect(throws: WorkRefusal.finished) {
      try scheduler.submit(2, pointCount: 1, lane: patient)
    }
  }

  @Test(arguments: UInt64(0)..<8)
  func `a drain amid concurrent requests loses nothing that was accepted`(_ seed: UInt64) throws {
    let admission = Admission(
      limits: AdmissionLimits(waitingRequests: 20, waitingPoints: 400, requestPoints: 400))
    let answered = Collector<Int>()
    let accepted = Collector<Int>()
    struct Work: Sendable {
      let request: Int
      let windowsLeft: Int
      let permit: Permit
    }
    struct Resubmissions: Sendable {
      var waiting: [Work] = []
      var isOver = false
    }
    let lane = TestLane(
      "a",
      BatchLimits(requestsPerBatch: 4, maximumDelay: .microseconds(200), smallestSharePoints: 1))
    // A request's next window is submitted when the one before is computed, also while draining.
    let next = Monitor(Resubmissions())
    let scheduler = try BatchScheduler<TestLane, Work>(
      workerCount: 2, onExpired: { _ in Issue.record("nothing expires here") },
      makeWorkspace: { CountingWorkspace() },
      run: { _, batch in
        for item in batch.items {
          if item.payload.windowsLeft == 0 {
            answered.add(item.payload.request)
            item.payload.permit.release()
          } else {
            next.withLock { $0.waiting.append(item.payload) }
            next.broadcast()
          }
        }
      })
    let feeder = try WorkerThread(name: "feeder") {
      func nextWork() -> Work? {
        next.wait { state in
          if let work = state.waiting.popLast() { return .done(work) }
          return state.isOver ? .done(nil) : .wait(until: nil)
        }
      }
      while let work = nextWork() {
        do {
          try scheduler.submit(
            Work(
              request: work.request, windowsLeft: work.windowsLeft - 1, permit: work.permit),
            pointCount: 5, lane: lane)
        } catch {
          Issue.record("a window of an accepted request was refused: \(error)")
        }
      }
    }
    try concurrently(4) { thread in
      var generator = SeededGenerator(seed: seed * 4 + UInt64(thread))
      for index in 0..<60 {
        if thread == 0, index == 30 { admission.drain() }
        let request = thread * 60 + index
        do {
          let permit = try admission.admit(points: 20)
          accepted.add(request)
          try scheduler.submit(
            Work(
              request: request, windowsLeft: Int.random(in: 0...3, using: &generator),
              permit: permit),
            pointCount: 5, lane: lane)
        } catch is AdmissionError {
          continue
        } catch {
          Issue.record(error)
        }
      }
    }
    scheduler.drain()
    #expect(admission.waitUntilIdle(until: .now + .seconds(60)))
    next.withLock { $0.isOver = true }
    next.broadcast()
    feeder.join()
    scheduler.finish()
    #expect(answered.values.sorted() == accepted.values.sorted())
    #expect(admission.admitted == .zero)
  }

  @Test func `each worker has one workspace of its own`() throws {
    let made = Atomic<Int>(0)
    let gate = Gate()
    let begun = Collector<Int>()
    let scheduler = try BatchScheduler<TestLane, Int>(
      workerCount: 3, onExpired: { _ in },
      makeWorkspace: {
        CountingWorkspace(batches: made.add(1, ordering: .relaxed).newValue * 1000)
      },
      run: { workspace, batch in
        begun.add(workspace.batches / 1000)
        gate.pass()
        workspace.batches += 1
      })
    let lane = TestLane("a", BatchLimits(requestsPerBatch: 1))
    for payload in 0..<9 { try scheduler.submit(payload, pointCount: 1, lane: lane) }
    #expect(Set(begun.waitFor(3).prefix(3)) == [1, 2, 3])
    gate.open()
    scheduler.finish()
    #expect(made.load(ordering: .relaxed) == 3)
    #expect(begun.values.count == 9)
  }
}
