/// The target of a request (RFC 9112, section 3.2), reduced to path and query.
package struct HTTPTarget: Sendable, Equatable {
  /// The path as sent, percent-encoded; `*` for `OPTIONS *`.
  package let rawPath: String
  /// What follows the question mark as sent; nil without one.
  package let query: String?
  /// The decoded segments between the slashes: `/a%2Fb/c` has the two segments `a/b` and `c`.
  package let segments: [String]
  /// The authority of an absolute target; it overrides the Host field (RFC 9112, section 3.2.2).
  package let authority: String?

  /// The path, percent-decoded.
  package var path: String {
    rawPath == "*" ? rawPath : "/" + segments.joined(separator: "/")
  }

  /// Path and query as sent.
  package var raw: String {
    guard let query else { return rawPath }
    return rawPath + "?" + query
  }

  /// Names and values of the query in order, percent-decoded, `+` as a space
  /// (application/x-www-form-urlencoded).
  ///
  /// A name without `=` has an empty value.
  ///
  /// - Throws: ``HTTPRefusal/invalidTarget(reason:)`` when an escape is malformed or not UTF-8.
  package func queryItems() throws(HTTPRefusal) -> [(name: String, value: String)] {
    var items: [(name: String, value: String)] = []
    for pair in (query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = PercentEncoding.decode(parts[0].utf8, plusIsSpace: true)
      let value = PercentEncoding.decode(
        parts.count > 1 ? parts[1].utf8 : ""[...].utf8, plusIsSpace: true)
      guard let name, let value else {
        throw .invalidTarget(reason: "the query has a malformed percent escape")
      }
      items.append((name, value))
    }
    return items
  }
}
