import HTTPServer
import Logging

/// Writes a line for each request, like those of `LineLogHandler`, but without the detour through
/// the metadata of a logger: it is written for every request, on the event loops.
package struct AccessLog: Sendable {
  private let label: String
  private let format: LineLogHandler.Format
  private let sink: LogSink

  /// An access log among the lines of a logger.
  ///
  /// - Parameters:
  ///   - label: of the logger.
  ///   - format: of the lines.
  ///   - sink: takes them.
  package init(label: String, format: LineLogHandler.Format, sink: LogSink) {
    self.label = label
    self.format = format
    self.sink = sink
  }

  /// Writes what became of a request.
  func write(_ record: HTTPRequestRecord) {
    sink.write(line(record, time: WallClock.millisecondsSince1970))
  }

  /// The line of a request, its fields in the order of their names.
  ///
  /// - Parameters:
  ///   - record: what became of the request.
  ///   - time: milliseconds since the start of 1970.
  /// - Returns: the bytes, with the line feed.
  func line(_ record: HTTPRequestRecord, time: Int) -> [UInt8] {
    var fields = [
      ("client", record.remoteAddress.description), ("method", record.method.rawValue),
      ("milliseconds", "\(ServerTiming.milliseconds(record.duration))"),
      ("request_bytes", String(record.requestByteCount)), ("request_id", record.id),
      ("response_bytes", String(record.responseByteCount)), ("route", record.route ?? "-"),
      ("status", record.status.map { String($0.code) } ?? "none"), ("target", record.target.raw),
    ]
    if let traceparent = record.headers["traceparent"] {
      fields.append(("traceparent", traceparent))
    }
    if case .cancelled(let reason) = record.outcome {
      fields.append(("cancelled", reason.rawValue))
    }
    if let detail = record.attachment as? AccessDetail {
      fields.append(("points", String(detail.points)))
      for (name, duration) in detail.timing.stages {
        fields.append(("\(name)_milliseconds", "\(ServerTiming.milliseconds(duration))"))
      }
    }
    fields.sort { $0.0 < $1.0 }
    var line = LogLine(format, .info, label: label, message: "request", time: time)
    for (name, value) in fields { line.add(name, value) }
    return line.finished()
  }
}
