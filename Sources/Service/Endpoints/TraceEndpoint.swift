import HTTPServer
import Layers

/// `GET` and `POST /v2[/models/{model}]/trace/setting`, which Triton's clients ask.
///
/// Times of each request are in `Server-Timing`, the access log and the metrics; traces in Triton's
/// files are not written, whatever a client asks for, and the answer says so.
struct TraceEndpoint {
  let context: ServiceContext

  /// The settings in force: tracing is off.
  ///
  /// - Throws: `HTTPFailure` 404 for an unknown model, 400 for a body that is no JSON object.
  @Sendable func settings(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    if request.parameters["model"] != nil { _ = try context.model(of: request) }
    _ = try request.jsonMembers()
    return .json([
      "trace_level": ["OFF"], "trace_rate": "1000", "trace_count": "-1", "log_frequency": "0",
      "trace_file": "", "trace_mode": "triton",
    ])
  }
}
