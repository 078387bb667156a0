import HTTPServer

/// `GET /health/live`, `/health/ready` and their twins under `/v2`.
struct HealthEndpoint {
  let readiness: Readiness

  /// 200 as long as the process lives.
  @Sendable func live(_ request: HTTPRequest) -> HTTPResponse {
    .json(Array(#"{"live":true}"#.utf8))
  }

  /// 200 once every model is loaded and warm, 503 with the reasons before and while draining.
  @Sendable func ready(_ request: HTTPRequest) -> HTTPResponse {
    let reasons = readiness.reasons
    guard !reasons.isEmpty else {
      return .json(Array(#"{"ready":true,"live":true}"#.utf8))
    }
    let list = reasons.map(JSONText.string).joined(separator: ",")
    let error = JSONText.string("not ready: " + reasons.joined(separator: "; "))
    var response = HTTPResponse.json(
      Array(
        """
        {"ready":false,"live":true,"reasons":[\(list)],"error":\(error),"code":"not_ready",\
        "detail":{},"request_id":\(JSONText.string(request.id))}
        """.utf8), status: .serviceUnavailable)
    response.headers.add("Retry-After", "1")
    return response
  }
}
