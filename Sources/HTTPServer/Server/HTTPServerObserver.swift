/// Is told what happens on the wire.
///
/// Called on event loops: every method must return at once.
package protocol HTTPServerObserver: Sendable {
  func connectionOpened(_ remoteAddress: SocketAddress)
  func connectionClosed(_ remoteAddress: SocketAddress)
  /// A connection or a request was refused before any handler saw it.
  ///
  /// The failure's `code` is of bounded variety.
  func refused(_ failure: HTTPFailure, _ remoteAddress: SocketAddress)
  /// A request has its answer on the wire, or will never have it.
  func requestFinished(_ record: HTTPRequestRecord)
}

extension HTTPServerObserver {
  package func connectionOpened(_ remoteAddress: SocketAddress) {}
  package func connectionClosed(_ remoteAddress: SocketAddress) {}
  package func refused(_ failure: HTTPFailure, _ remoteAddress: SocketAddress) {}
  package func requestFinished(_ record: HTTPRequestRecord) {}
}

/// Takes no notice.
package struct SilentObserver: HTTPServerObserver {
  package init() {}
}

/// What became of one request, for metrics and the access log.
package struct HTTPRequestRecord: Sendable {
  /// How it ended.
  package enum Outcome: Sendable, Equatable {
    /// The response is handed to the kernel in full.
    case complete
    /// The client went away, or was too slow, before the response was out.
    case cancelled(HTTPCancellation)
  }

  package let id: String
  package let method: HTTPMethod
  package let target: HTTPTarget
  package let headers: HTTPHeaders
  package let remoteAddress: SocketAddress
  /// The template of the matched route; nil when none matched.
  package let route: String?
  /// The response's status; nil when there was none.
  package let status: HTTPStatus?
  /// Bytes of the request's body as sent.
  package let requestByteCount: Int
  /// Bytes of the response's content.
  package let responseByteCount: Int
  /// From the header's end to the response's last byte.
  package let duration: Duration
  package let outcome: Outcome
  /// What the handler attached to the exchange.
  package let attachment: (any Sendable)?
}

/// Why an exchange ended before its response did.
package enum HTTPCancellation: String, Sendable, Equatable {
  /// The client closed or reset the connection.
  case clientGone
  /// The client took the response too slowly.
  case clientTooSlow
  /// The request's time was over.
  case deadline
  /// The server stopped.
  case serverStopped
  /// The handler gave up in the middle of its response.
  case aborted
}
