/// A final response.
///
/// The server adds `Date`, `Server`, `X-Request-Id`, `Connection` and the framing fields; a value
/// given here for one of these framing fields (`Content-Length`, `Transfer-Encoding`,
/// `Connection`) is ignored.
package struct HTTPResponse: Sendable {
  /// The content of a response.
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Pulled piece by piece as the client takes it.
    case stream(HTTPBodyStream)
  }

  package var status: HTTPStatus
  package var headers: HTTPHeaders
  package var body: Body
  /// Ends the connection after this response.
  package var closesConnection = false

  package init(
    status: HTTPStatus = .ok, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])
  ) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response with text of a given media type.
  package static func text(
    _ text: String, status: HTTPStatus = .ok, contentType: String = "text/plain; charset=utf-8"
  ) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
  }

  /// A JSON document that is already encoded.
  package static func json(_ bytes: [UInt8], status: HTTPStatus = .ok) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
  }

  /// The error document every failure of this server has.
  package static func failure(_ failure: HTTPFailure, requestID: String) -> HTTPResponse {
    var response = HTTPResponse.json(failure.document(requestID: requestID), status: failure.status)
    for field in failure.headers.fields { response.headers.add(field.name, field.value) }
    return response
  }
}

/// Content that is made while the client takes it, so that a slow reader holds one piece of it.
package struct HTTPBodyStream: Sendable {
  /// The total when it is known beforehand; otherwise the content goes out chunked.
  package let byteCount: Int?
  /// The next piece; nil at the end.
  ///
  /// Called on the connection's event loop whenever the piece before it has been taken, so it must
  /// return at once.
  package let next: @Sendable () -> [UInt8]?

  package init(byteCount: Int?, next: @escaping @Sendable () -> [UInt8]?) {
    self.byteCount = byteCount
    self.next = next
  }
}
