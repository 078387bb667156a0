/// Decides from a request's head who asks and whether they may.
struct AccessControl {
  let keys: APIKeys?

  /// The owner of the request's key, where the route asks for a scope and keys are in use.
  ///
  /// - Throws: 401 without a known key, 403 with one that lacks the scope.
  func admit(
    _ head: HTTPRequestHead, _ options: HTTPRouteOptions
  ) throws(HTTPFailure) -> HTTPPrincipal? {
    guard let keys, let scope = options.scope else { return nil }
    guard let key = Self.key(head.headers) else {
      throw Self.unauthorized("This path needs an API key.")
    }
    guard let principal = keys.principal(of: key) else {
      throw Self.unauthorized("The API key is not known.")
    }
    guard principal.scopes.contains(scope) else {
      throw HTTPFailure(
        .forbidden, code: "scope_missing", message: "The API key does not cover this path.",
        detail: [("scope", .string(scope))])
    }
    return principal
  }

  private static func unauthorized(_ message: String) -> HTTPFailure {
    HTTPFailure(
      .unauthorized, code: "unauthorized", message: message,
      headers: ["WWW-Authenticate": "Bearer realm=\"pointserve\""])
  }

  /// The key of `Authorization: Bearer` (RFC 6750, section 2.1) or of `X-API-Key`.
  private static func key(_ headers: HTTPHeaders) -> String? {
    if let authorization = headers["Authorization"] {
      let parts = authorization.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, HTTPHeaders.isSame(String(parts[0]), "bearer") else { return nil }
      return String(parts[1].trimmingOptionalWhitespace)
    }
    return headers["X-API-Key"]
  }
}
