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
    let time = WallClock.millisecondsSince1970
    sink.write { lines in
      var line = LogLine(
        format, event.level, label: label, message: "\(event.message)", time: time, behind: &lines)
      for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line.add(key, "\(value)") }
      line.finish(into: &lines)
    }
  }
}
