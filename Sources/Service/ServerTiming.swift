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
  static func milliseconds(_ duration: Duration) -> Double { Double(microseconds(duration)) / 1e3 }

  /// The nearest whole number of microseconds of a duration that is not negative.
  static func microseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    let rest = (max(0, attoseconds) + 500_000_000_000) / 1_000_000_000_000
    return Int(max(0, seconds)) * 1_000_000 + Int(rest)
  }
}

/// What an endpoint tells the access log about a request.
struct AccessDetail: Sendable {
  let points: Int
  let timing: ServerTiming
}
