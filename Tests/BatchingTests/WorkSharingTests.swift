import Synchronization
import Testing

@testable import Batching

@Suite("Work sharing")
struct WorkSharingTests {
  @Test(arguments: [0, 1, 7, 1000])
  func `results come in the order of the parts`(count: Int) throws {
    let pool = try TaskPool(threadCount: 3, name: "test")
    defer { pool.finish() }
    let threads = WorkSharing(pool: pool)
    #expect(try threads.map(count) { 3 * $0 } == (0..<count).map { 3 * $0 })
    #expect(try WorkSharing.alone.map(count) { 3 * $0 } == (0..<count).map { 3 * $0 })
  }

  @Test(arguments: [(0, 1), (1, 3), (10, 1), (11, 4), (257, 2)])
  func `rows are filled by the parts that own them`(count: Int, width: Int) throws {
    let pool = try TaskPool(threadCount: 3, name: "test")
    defer { pool.finish() }
    let filled = try WorkSharing(pool: pool).rows(
      count, width: width, of: Int32.self, grain: 4
    ) { rows, elements in
      #expect(elements.count == rows.count * width)
      // The first element of each row stays zero.
      for (place, row) in rows.enumerated() {
        for column in 1..<max(width, 1) { elements[place * width + column] = Int32(row) }
      }
    }
    let expected = (0..<count).flatMap { row in
      (0..<width).map { $0 == 0 ? 0 : Int32(row) }
    }
    #expect(filled == expected)
  }

  @Test func `a thread of the pool may share work with the others`() throws {
    let pool = try TaskPool(threadCount: 2, name: "test")
    let sums = Collector<Int>()
    for _ in 0..<50 {
      try pool.submit {
        let parts = (try? WorkSharing(pool: pool).map(100) { $0 }) ?? []
        sums.add(parts.reduce(0, +))
      }
    }
    pool.finish()
    #expect(sums.values == Array(repeating: 4950, count: 50))
  }

  @Test func `parts run on several threads at a time`() throws {
    let pool = try TaskPool(threadCount: 3, name: "test")
    defer { pool.finish() }
    let running = Monitor(0)
    _ = try WorkSharing(pool: pool).map(3) { _ in
      running.withLock { $0 += 1 }
      running.broadcast()
      running.wait { $0 == 3 ? .done(()) : .wait(until: nil) }
    }
    #expect(running.withLock { $0 } == 3)
  }

  @Test func `a helper lets waiting tasks go first`() throws {
    let pool = try TaskPool(threadCount: 2, name: "test")
    defer { pool.finish() }
    let gate = Gate()
    defer { gate.open() }
    // Leaves one thread of the pool, which helps the caller.
    try pool.submit { gate.pass() }
    let started = Collector<Void>()
    let small = Collector<Void>()
    _ = try WorkSharing(pool: pool).map(4) { part in
      guard part < 2 else {
        // Neither of the last two parts ends before a small task has run.
        _ = small.waitFor(1)
        return
      }
      started.add(())
      _ = started.waitFor(2)
      _ = try? pool.submit { small.add(()) }
    }
    #expect(small.values.count > 0)
  }

  @Test func `abandoned work ends before its next part`() throws {
    let pool = try TaskPool(threadCount: 2, name: "test")
    defer { pool.finish() }
    let isWanted = Atomic<Bool>(true)
    let ranCount = Atomic<Int>(0)
    let threads = WorkSharing(pool: pool) { isWanted.load(ordering: .relaxed) }
    try threads.checkpoint()
    #expect(throws: WorkAbandoned()) {
      try threads.map(1000) { part in
        ranCount.add(1, ordering: .relaxed)
        if part == 10 { isWanted.store(false, ordering: .relaxed) }
      }
    }
    #expect((11...13).contains(ranCount.load(ordering: .relaxed)))
    #expect(throws: WorkAbandoned()) {
      try threads.rows(10, of: Int.self, grain: 1) { _, _ in }
    }
    #expect(throws: WorkAbandoned()) { try threads.checkpoint() }
  }
}
