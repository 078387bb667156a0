/// A request method (RFC 9110, section 9, and the registry of methods).
///
/// Methods are case-sensitive.
package struct HTTPMethod: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package static let get = HTTPMethod(rawValue: "GET")
  package static let head = HTTPMethod(rawValue: "HEAD")
  package static let post = HTTPMethod(rawValue: "POST")
  package static let put = HTTPMethod(rawValue: "PUT")
  package static let delete = HTTPMethod(rawValue: "DELETE")
  package static let patch = HTTPMethod(rawValue: "PATCH")
  package static let options = HTTPMethod(rawValue: "OPTIONS")
  package static let trace = HTTPMethod(rawValue: "TRACE")
  package static let query = HTTPMethod(rawValue: "QUERY")
  package static let connect = HTTPMethod(rawValue: "CONNECT")

  /// Methods that get 405 where a path does not take them; any other name gets 501.
  static let known: Set<HTTPMethod> = [
    .get, .head, .post, .put, .delete, .patch, .options, .trace, .query,
  ]

  package var description: String { rawValue }
}
