import Synchronization
import Testing

@testable import Batching

@Suite("Task pool")
struct TaskPoolTests {
  @Test func `one thread runs the tasks in order`() throws {
    let pool = try TaskPool(threadCount: 1, name: "test")
    let run = Collector<Int>()
    for index in 0..<100 { try pool.submit { run.add(index) } }
    pool.finish()
    #expect(run.values == Array(0..<100))
  }

  @Test func `tasks run at the same time on different threads`() throws {
    let pool = try TaskPool(threadCount: 3, name: "test")
    let running = Monitor(0)
    for _ in 0..<3 {
      try pool.submit {
        running.withLock { $0 += 1 }
        running.broadcast()
        running.wait { $0 == 3 ? .done(()) : .wait(until: nil) }
      }
    }
    pool.finish()
    #expect(running.withLock { $0 } == 3)
  }

  @Test func `everything submitted before the end is run, nothing after`() throws {
    let pool = try TaskPool(threadCount: 2, name: "test")
    let ran = Atomic<Int>(0)
    let taken = Atomic<Int>(0)
    try concurrently(4) { thread in
      for index in 0..<200 {
        if thread == 0, index == 100 { pool.finish() }
        do {
          try pool.submit { ran.add(1, ordering: .relaxed) }
          taken.add(1, ordering: .relaxed)
        } catch {
          continue
        }
      }
    }
    pool.finish()
    #expect(ran.load(ordering: .relaxed) == taken.load(ordering: .relaxed))
    #expect(throws: WorkRefusal.finished) { try pool.submit {} }
  }

  @Test func `a task that waits can be taken back`() throws {
    let pool = try TaskPool(threadCount: 1, name: "test")
    let gate = Gate()
    let begun = Collector<Void>()
    let run = Collector<Int>()
    let first = try pool.submit {
      begun.add(())
      gate.pass()
    }
    let tasks = try (0..<3).map { index in try pool.submit { run.add(index) } }
    _ = begun.waitFor(1)
    #expect(pool.pendingCount == 3)
    #expect(!pool.cancel(first))
    #expect(pool.cancel(tasks[1]))
    #expect(!pool.cancel(tasks[1]))
    gate.open()
    pool.finish()
    #expect(run.values == [0, 2])
  }
}

@Suite("Deadline timer")
struct DeadlineTimerTests {
  @Test func `it fires in the order of time, whatever the order of scheduling`() throws {
    let fired = Collector<ContinuousClock.Instant>()
    let start = ContinuousClock.now
    let remaining = Monitor([start + .milliseconds(4), start + .seconds(3600)])
    let timer = try DeadlineTimer(name: "test") {
      fired.add(.now)
      return remaining.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
    timer.schedule(start + .seconds(7200))
    timer.schedule(start + .milliseconds(2))
    let instants = fired.waitFor(2)
    #expect(instants[0] >= start + .milliseconds(2))
    #expect(instants[1] >= start + .milliseconds(4))
    timer.stop()
    #expect(fired.values.count == 2)
  }
}
