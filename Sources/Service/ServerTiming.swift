import HTTPServer

/// The stages of one answer and how long each took, for the Server-Timing header, in order.
struct ServerTiming: Sendable {
  let stages: [(name: String, duration: Duration)]

  init(_ stages: [(String, Duration)]) { self.stages = stages.map { (name: $0, duration: $1) } }

  /// Such as `decode;dur=1.204, queue;dur=0.031`, in milliseconds (W3C Server Timing).
  var header: String {
    stages.map { "\($0.name);dur=\(Self.milliseconds($0.duration))" }.joined(separator: ", ")
  }

  /// The same response with the header.
  func added(to response: HTTPResponse) -> HTTPResponse {
    var response = response
    response.headers.add("Server-Timing", header)
    return response
  }

  /// Milliseconds, to the microsecond.
  static func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    let microseconds = Double(seconds) * 1e6 + (Double(attoseconds) / 1e12).rounded()
    return microseconds / 1e3
  }
}

/// What an endpoint tells the access log about a request.
struct AccessDetail: Sendable {
  let points: Int
  let timing: ServerTiming
}
