/// Which web pages of other origins may read responses (the Fetch standard, "CORS protocol").
package struct CrossOriginPolicy: Sendable, Equatable {
  /// Origins as browsers write them, for example `https://maps.example`; `*` for all.
  package var allowedOrigins: Set<String>
  /// How long a browser may remember a preflight answer.
  package var maximumAge: Duration

  package init(allowedOrigins: Set<String> = [], maximumAge: Duration = .seconds(600)) {
    self.allowedOrigins = allowedOrigins
    self.maximumAge = maximumAge
  }

  private static let exposed =
    "X-Request-Id, Server-Timing, Inference-Header-Content-Length, X-Substituted-Classes, Retry-After"

  /// The fields of any response to a request; none where no origin is allowed.
  func fields(for headers: HTTPHeaders) -> HTTPHeaders {
    guard !allowedOrigins.isEmpty else { return HTTPHeaders() }
    var fields = HTTPHeaders()
    // The answer depends on the origin also where it is not allowed.
    if !allowedOrigins.contains("*") { fields.add("Vary", "Origin") }
    guard let origin = allowedOrigin(headers) else { return fields }
    fields.add("Access-Control-Allow-Origin", origin)
    fields.add("Access-Control-Expose-Headers", Self.exposed)
    return fields
  }

  /// The further fields of the answer to a preflight request; none where it is not one.
  ///
  /// - Parameters:
  ///   - headers: of the OPTIONS request.
  ///   - allow: the methods the path takes.
  /// - Returns: the fields.
  func preflightFields(for headers: HTTPHeaders, allow: String) -> HTTPHeaders {
    guard allowedOrigin(headers) != nil, headers.contains("Access-Control-Request-Method") else {
      return HTTPHeaders()
    }
    var fields: HTTPHeaders = ["Access-Control-Allow-Methods": allow]
    let wanted = headers.list("Access-Control-Request-Headers")
    if !wanted.isEmpty, wanted.allSatisfy({ $0.utf8.allSatisfy(ByteSet.token.contains) }) {
      fields.add("Access-Control-Allow-Headers", wanted.joined(separator: ", "))
    }
    fields.add("Access-Control-Max-Age", String(maximumAge.components.seconds))
    return fields
  }

  private func allowedOrigin(_ headers: HTTPHeaders) -> String? {
    guard let origin = headers["Origin"] else { return nil }
    if allowedOrigins.contains("*") { return "*" }
    return allowedOrigins.contains(origin) ? origin : nil
  }
}
