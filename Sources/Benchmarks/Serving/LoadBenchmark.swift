import Batching
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sends one request over and over again on several connections, each with a thread of its own.
package struct LoadBenchmark: Sendable {
  package var target: LoadTarget
  package var request: LoadRequest
  package var connectionCount = 8
  /// How long requests are begun, seconds; those begun are waited for.
  package var seconds = 5.0
  /// Requests begun each second, whether or not earlier ones are answered, as far as there are
  /// connections; `nil` begins the next when the last is answered.
  package var rate: Double?
  /// Whether the server is part of this process, so that its processor time can be told.
  package var isServerInProcess = false

  private static let answerTimeoutMilliseconds: Int64 = 60_000

  package init(target: LoadTarget, request: LoadRequest) {
    self.target = target
    self.request = request
  }

  /// Runs.
  ///
  /// Latency with a rate counts from the moment that a request was due, not from when a connection
  /// was free for it, so that a slow server can't hide the requests it delays.
  ///
  /// - Returns: the answers of all connections.
  /// - Throws: `BenchmarkError.noAnswer` when the first request gets none, and `noThread`.
  package func run() throws(BenchmarkError) -> LoadResult {
    let message = request.message(to: target)
    var probe = LoadConnection(
      to: target, timeoutMilliseconds: Self.answerTimeoutMilliseconds)
    _ = try probe.exchange(message)
    let schedule = Schedule()
    let start = BenchmarkClock.wall.nanoseconds
    let processStart = Self.processNanoseconds
    do {
      let pool = try TaskPool(threadCount: connectionCount, name: "load")
      defer { pool.finish() }
      for _ in 0..<connectionCount {
        try pool.submit { [self] in
          schedule.add(runConnection(message, schedule, start: start))
        }
      }
    } catch {
      throw .noThread(reason: "\(error)")
    }
    let end = BenchmarkClock.wall.nanoseconds
    let all = schedule.tallies
    let clientNanoseconds = all.reduce(0) { $0 + $1.processorNanoseconds }
    let serverNanoseconds = Self.processNanoseconds - processStart - clientNanoseconds
    return LoadResult(
      tallies: all, seconds: Double(end - start) * 1e-9, rate: rate,
      serverProcessorSeconds: isServerInProcess ? Double(serverNanoseconds) * 1e-9 : nil)
  }

  private func runConnection(
    _ message: [UInt8], _ schedule: Schedule, start: Int64
  ) -> LoadTally {
    var connection = LoadConnection(
      to: target, timeoutMilliseconds: Self.answerTimeoutMilliseconds)
    var tally = LoadTally()
    let processorStart = BenchmarkClock.cpu.nanoseconds
    let end = start + Int64(seconds * 1e9)
    while true {
      var due = BenchmarkClock.wall.nanoseconds
      if let rate {
        due = start + Int64(Double(schedule.nextRequest()) / rate * 1e9)
        if due < end { Self.sleep(until: due) }
      }
      guard due < end else { break }
      do throws(BenchmarkError) {
        let status = try connection.exchange(message)
        tally.add(status: status, nanoseconds: BenchmarkClock.wall.nanoseconds - due)
      } catch {
        tally.addFailure()
      }
    }
    tally.processorNanoseconds = BenchmarkClock.cpu.nanoseconds - processorStart
    return tally
  }

  private static func sleep(until due: Int64) {
    while true {
      let rest = due - BenchmarkClock.wall.nanoseconds
      guard rest > 0 else { return }
      var time = timespec(
        tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
      // The pointer is used within the call only.
      unsafe nanosleep(&time, nil)
    }
  }

  /// The processor time of all threads of this process.
  private static var processNanoseconds: Int64 {
    var time = timespec()
    // The pointer is used within the call only.
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// What the connections share.
  private final class Schedule: Sendable {
    private let requests = Atomic<Int>(0)
    private let gathered = Mutex<[LoadTally]>([])

    func nextRequest() -> Int { requests.add(1, ordering: .relaxed).oldValue }

    func add(_ tally: LoadTally) { gathered.withLock { $0.append(tally) } }

    var tallies: [LoadTally] { gathered.withLock { $0 } }
  }
}
