/// What a route asks of the server before its handler sees a request.
package struct HTTPRouteOptions: Sendable, Equatable {
  /// Most bytes of the body, before and after its content codings are undone; nil for the
  /// server's own limit.
  package var maximumBodyByteCount: Int?
  /// Answers 411 to a request that announces no body at all.
  package var requiresBody: Bool
  /// The scope an API key must have; nil where no key is needed.
  package var scope: String?
  /// Whether the per-client rate limit counts this route's requests.
  package var isRateLimited: Bool

  package init(
    maximumBodyByteCount: Int? = nil, requiresBody: Bool = false, scope: String? = nil,
    isRateLimited: Bool = false
  ) {
    self.maximumBodyByteCount = maximumBodyByteCount
    self.requiresBody = requiresBody
    self.scope = scope
    self.isRateLimited = isRateLimited
  }
}
