import HTTPServer
import Logging
package import Service

/// A service of this process on a free port of the loopback address, which writes no log.
package struct InProcessServer {
  private let service: Service
  package let target: LoadTarget

  /// Starts a service with the built-in model, and waits until it is ready.
  ///
  /// - Parameters:
  ///   - flags: settings beside address and port.
  ///   - processorCount: compute threads where the settings leave that open.
  /// - Throws: `BenchmarkError.failed` with the reason.
  package init(_ flags: [Setting: String], processorCount: Int) throws(BenchmarkError) {
    do {
      let settings = try ResolvedSettings(
        flags: flags.merging([.host: "127.0.0.1", .port: "0"]) { $1 }, environment: [:], file: nil)
      service = try Service(
        configuration: ServiceConfiguration(settings, processorCount: processorCount),
        log: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
      let address = try service.start()
      target = LoadTarget(host: address.host, port: UInt16(address.port))
    } catch {
      throw .failed(reason: "\(error)")
    }
    try waitUntilReady()
  }

  private static let patienceNanoseconds: Int64 = 30_000_000_000

  private func waitUntilReady() throws(BenchmarkError) {
    let message = LoadRequest(method: "GET", path: "/health/ready").message(to: target)
    var connection = LoadConnection(to: target, timeoutMilliseconds: 5000)
    let end = BenchmarkClock.wall.nanoseconds + Self.patienceNanoseconds
    while try connection.exchange(message) != 200 {
      guard BenchmarkClock.wall.nanoseconds < end else {
        throw .failed(reason: "the service is not ready after 30 seconds")
      }
    }
  }

  /// Answers what was accepted and stops.
  package func stop() async { _ = await service.drain() }
}
