/// Writes the head of a response (RFC 9112, sections 4 and 5).
struct ResponseEncoder {
  /// How the end of the content is marked.
  enum Framing: Equatable {
    case length(Int)
    case chunked
    /// By the end of the connection, for HTTP/1.0 and content of unknown length.
    case close
    /// The status forbids content.
    case none
  }

  let requestID: String
  let date: String
  let serverName: String?
  /// The minor version of the request.
  let minorVersion: Int
  let keepsAlive: Bool

  /// The head, up to and including the empty line.
  ///
  /// - Parameters:
  ///   - status: for the status line.
  ///   - headers: the handler's fields.
  ///   - framing: how the end of the content is marked.
  ///   - extraCapacity: bytes the caller will append.
  /// - Returns: the bytes.
  func head(
    _ status: HTTPStatus, _ headers: HTTPHeaders, _ framing: Framing, extraCapacity: Int
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512 + extraCapacity)
    bytes.append(contentsOf: "HTTP/1.1 ".utf8)
    bytes.append(contentsOf: String(status.code).utf8)
    bytes.append(0x20)
    bytes.append(contentsOf: status.reason.utf8)
    bytes.append(contentsOf: "\r\n".utf8)
    Self.append("Date", date, to: &bytes)
    if let serverName { Self.append("Server", serverName, to: &bytes) }
    Self.append("X-Request-Id", requestID, to: &bytes)
    for field in headers.fields where !Self.isReserved(field.name) {
      Self.append(field.name, field.value, to: &bytes)
    }
    switch framing {
    case .length(let count): Self.append("Content-Length", String(count), to: &bytes)
    case .chunked: Self.append("Transfer-Encoding", "chunked", to: &bytes)
    case .close, .none: break
    }
    if !keepsAlive {
      Self.append("Connection", "close", to: &bytes)
    } else if minorVersion == 0 {
      Self.append("Connection", "keep-alive", to: &bytes)
    }
    bytes.append(contentsOf: "\r\n".utf8)
    return bytes
  }

  /// One chunk (RFC 9112, section 7.1): the size line before its content.
  static func chunkStart(byteCount: Int) -> [UInt8] {
    Array((String(byteCount, radix: 16) + "\r\n").utf8)
  }

  static let chunkEnd = Array("\r\n".utf8)
  static let lastChunk = Array("0\r\n\r\n".utf8)
  static let continueBytes = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// A whole response to a connection that is refused before it sent anything.
  static func refusalBytes(
    _ failure: HTTPFailure, requestID: String, date: String, serverName: String?
  ) -> [UInt8] {
    let encoder = ResponseEncoder(
      requestID: requestID, date: date, serverName: serverName, minorVersion: 1, keepsAlive: false)
    let response = HTTPResponse.failure(failure, requestID: requestID)
    guard case .bytes(let body) = response.body else { return [] }
    return encoder.head(
      response.status, response.headers, .length(body.count), extraCapacity: body.count) + body
  }

  /// Whether the server alone writes the field.
  private static func isReserved(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: HTTPHeaders.isSame(name, "date")
    case 6: HTTPHeaders.isSame(name, "server")
    case 10: HTTPHeaders.isSame(name, "connection")
    case 12: HTTPHeaders.isSame(name, "x-request-id")
    case 14: HTTPHeaders.isSame(name, "content-length")
    case 17: HTTPHeaders.isSame(name, "transfer-encoding")
    default: false
    }
  }

  /// Appends a field line.
  ///
  /// A value can hold what a client sent, so no control character of it reaches the wire; a name
  /// that is not a token is left out.
  private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    guard !name.isEmpty, name.utf8.allSatisfy(ByteSet.token.contains) else { return }
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: ": ".utf8)
    for byte in value.utf8 {
      bytes.append(byte < 0x20 && byte != 0x09 || byte == 0x7F ? 0x20 : byte)
    }
    bytes.append(contentsOf: "\r\n".utf8)
  }
}
