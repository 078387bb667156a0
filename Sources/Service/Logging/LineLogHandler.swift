import FoundationEssentials
import HTTPServer
package import Logging

/// Writes each log event as one line, for people or as JSON.
package struct LineLogHandler: LogHandler {
  /// How a line is written.
  package enum Format: String, Sendable {
    case text
    case json
  }

  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]

  private let label: String
  private let format: Format
  private let sink: LogSink

  /// Creates a handler that hands its lines to a sink.
  package init(label: String, level: Logger.Level, format: Format, sink: LogSink) {
    self.label = label
    self.format = format
    self.sink = sink
    logLevel = level
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = metadata
    if let own = event.metadata { fields.merge(own) { $1 } }
    let time = Date.now.formatted(
      Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let sorted = fields.sorted { $0.key < $1.key }
    switch format {
    case .text:
      let rest = sorted.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
      sink.write("\(time) \(event.level) \(event.message)\(rest)")
    case .json:
      let pairs =
        [
          ("time", time), ("level", event.level.rawValue), ("logger", label),
          ("message", event.message.description),
        ] + sorted.map { ($0.key, "\($0.value)") }
      let members = pairs.map { "\(JSONText.string($0.0)):\(JSONText.string($0.1))" }
      sink.write("{\(members.joined(separator: ","))}")
    }
  }

  private static func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { $0 > 32 && $0 != 34 && $0 != 61 && $0 < 127 }
    return isPlain && !value.isEmpty ? value : JSONText.string(value)
  }
}
