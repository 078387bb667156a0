/// The checked start of a request: everything before the body.
package struct HTTPRequestHead: Sendable, Equatable {
  /// How the body's end is found (RFC 9112, section 6.3).
  package enum Framing: Sendable, Equatable {
    /// Neither length nor coding is given: there is no body.
    case none
    /// Exactly so many bytes.
    case length(Int)
    case chunked
  }

  package var method: HTTPMethod
  package var target: HTTPTarget
  /// 0 for HTTP/1.0, 1 for HTTP/1.1 and later minor versions (RFC 9110, section 2.5).
  package var minorVersion: Int
  package var headers: HTTPHeaders
  package var framing: Framing
  /// Whether the client waits for `100 Continue` before it sends the body.
  package var expectsContinue: Bool
  /// Whether the client wants the connection kept (RFC 9112, section 9.3).
  package var keepsAlive: Bool

  /// Bytes of the body as announced; 0 where no length is.
  package var announcedByteCount: Int {
    guard case .length(let count) = framing else { return 0 }
    return count
  }
}
