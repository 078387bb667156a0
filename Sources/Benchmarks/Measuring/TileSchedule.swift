import Batching
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How often a layer runs, where, and by which clock.
struct PassPlan: Sendable {
  /// At least 1.
  var threadCount = 1
  /// At least 1.
  var passCount = 1
  /// With several threads, the time on the wall.
  var clock = BenchmarkClock.wall
}

/// Threads that share the tiles of one pass after the other.
///
/// Every thread takes the next tile from a counter; no tile of a pass begins before all of the pass
/// in front of it are done, as blocks of layers demand. Threads spin while they wait, and yield, so
/// that the measurement holds neither their creation nor their waking.
final class TileSchedule: Sendable {
  private let threadCount: Int
  private let tileCount: Int
  private let passCount: Int
  private let clock: BenchmarkClock
  private let next = Atomic<Int>(0)
  private let done = Atomic<Int>(0)
  private let arrived = Atomic<Int>(0)
  private let start = Atomic<Int64>(.max)
  private let end = Atomic<Int64>(0)

  private init(_ plan: PassPlan, tileCount: Int) {
    threadCount = plan.threadCount
    passCount = plan.passCount
    clock = plan.clock
    self.tileCount = tileCount
  }

  /// Runs all tiles of all passes.
  ///
  /// - Parameters:
  ///   - plan: one thread is the calling one.
  ///   - tileCount: of each pass, at least 1.
  ///   - body: runs one tile on one thread, both counted from 0.
  /// - Returns: seconds of one pass, from the moment that all threads are there.
  /// - Throws: `BenchmarkError.noThread`.
  static func secondsPerPass(
    _ plan: PassPlan, tileCount: Int,
    _ body: @escaping @Sendable (_ tile: Int, _ thread: Int) -> Void
  ) throws(BenchmarkError) -> Double {
    let schedule = TileSchedule(plan, tileCount: tileCount)
    if plan.threadCount == 1 {
      schedule.work(thread: 0, body)
    } else {
      do {
        let pool = try TaskPool(threadCount: plan.threadCount, name: "bench")
        defer { pool.finish() }
        for thread in 0..<plan.threadCount {
          try pool.submit { schedule.work(thread: thread, body) }
        }
      } catch {
        throw .noThread(reason: "\(error)")
      }
    }
    let nanoseconds =
      schedule.end.load(ordering: .acquiring)
      - schedule.start.load(ordering: .acquiring)
    return Double(nanoseconds) * 1e-9 / Double(plan.passCount)
  }

  private func work(thread: Int, _ body: (Int, Int) -> Void) {
    arrived.add(1, ordering: .acquiringAndReleasing)
    spin { self.arrived.load(ordering: .acquiring) < self.threadCount }
    start.min(clock.nanoseconds, ordering: .acquiringAndReleasing)
    while true {
      let ticket = next.add(1, ordering: .relaxed).oldValue
      let (pass, tile) = ticket.quotientAndRemainder(dividingBy: tileCount)
      guard pass < passCount else { break }
      // Tickets are handed out in order, so those waited for belong to threads that run.
      spin { self.done.load(ordering: .acquiring) < pass * self.tileCount }
      body(tile, thread)
      done.add(1, ordering: .releasing)
    }
    end.max(clock.nanoseconds, ordering: .acquiringAndReleasing)
  }

  private func spin(while condition: () -> Bool) {
    var turns = 0
    while condition() {
      turns += 1
      if turns.isMultiple(of: 1 << 10) { sched_yield() }
    }
  }
}
