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
    let time = WallClock.millisecondsSince1970
    sink.write { append(record, time: time, to: &$0) }
  }

  /// Appends the line of a request, its line feed included: its own fields in the order of their
  /// names, then those of what was computed.
  ///
  /// - Parameters:
  ///   - record: what became of the request.
  ///   - time: milliseconds since the start of 1970.
  ///   - bytes: the lines before it.
  func append(_ record: HTTPRequestRecord, time: Int, to bytes: inout [UInt8]) {
    var line = LogLine(
      format, .info, label: label, message: "request", time: time, behind: &bytes)
    if case .cancelled(let reason) = record.outcome { line.add("cancelled", reason.rawValue) }
    line.add("client", record.remoteAddress)
    line.add("method", record.method.rawValue)
    line.add("milliseconds", record.duration)
    line.add("request_bytes", record.requestByteCount)
    line.add("request_id", record.id)
    line.add("response_bytes", record.responseByteCount)
    line.add("route", record.route ?? "-")
    if let status = record.status {
      line.add("status", status.code)
    } else {
      line.add("status", "none")
    }
    line.add("target", record.target.raw)
    if let traceparent = record.headers["traceparent"] { line.add("traceparent", traceparent) }
    if let detail = record.attachment as? AccessDetail {
      line.add("points", detail.points)
      for (name, duration) in detail.timing.stages { line.add("\(name)_milliseconds", duration) }
    }
    line.finish(into: &bytes)
  }
}
