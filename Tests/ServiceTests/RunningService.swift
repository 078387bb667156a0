import HTTPServer
import Logging
import Models
import Service

/// A service of a test's own on a free port, ready when it is returned.
struct RunningService {
  let service: Service
  let client: ServiceClient

  /// Starts a service.
  ///
  /// - Parameters:
  ///   - flags: settings beside the port.
  ///   - isReadyExpected: whether every model is expected to load.
  /// - Throws: what starting throws, or a client that gets no answer.
  init(_ flags: [Setting: String] = [:], isReadyExpected: Bool = true) throws {
    let settings = try ResolvedSettings(
      flags: flags.merging([.port: "0"]) { $1 }, environment: [:], file: nil)
    service = try Service(
      configuration: ServiceConfiguration(settings, processorCount: 2),
      log: Logger(label: "test") { _ in SilentLogHandler() })
    client = ServiceClient(address: try service.start())
    // Loading is quick and happens on a thread of its own; asking again is the only way to know.
    while try !hasRead(isReadyExpected) {}
  }

  private func hasRead(_ isReadyExpected: Bool) throws -> Bool {
    let answer = try client.get("/health/ready")
    let hasRead = !answer.text.contains("being loaded")
    if hasRead, isReadyExpected, answer.status != 200 { throw NotReady(answer: answer.text) }
    return hasRead
  }

  /// A service that has read its models and can't serve all of them.
  struct NotReady: Error {
    let answer: String
  }

  /// Answers what was accepted and stops.
  func stop() async { _ = await service.drain() }
}

/// Writes nothing, and keeps the level that it is given.
private struct SilentLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {}
}
