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
    Self.append("\r\nDate: ", date, to: &bytes)
    if let serverName { Self.append("\r\nServer: ", serverName, to: &bytes) }
    Self.append("\r\nX-Request-Id: ", requestID, to: &bytes)
    for field in headers.fields { Self.append(field, to: &bytes) }
    switch framing {
    case .length(let count): Self.append("\r\nContent-Length: ", String(count), to: &bytes)
    case .chunked: bytes.append(contentsOf: "\r\nTransfer-Encoding: chunked".utf8)
    case .close, .none: break
    }
    if !keepsAlive {
      bytes.append(contentsOf: "\r\nConnection: close".utf8)
    } else if minorVersion == 0 {
      bytes.append(contentsOf: "\r\nConnection: keep-alive".utf8)
    }
    bytes.append(contentsOf: "\r\n\r\n".utf8)
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

  /// Appends a line of the handler, with the line end before it.
  ///
  /// A name that the server alone writes, or that is not a token, is left out.
  private static func append(_ field: HTTPHeaders.Field, to bytes: inout [UInt8]) {
    guard !field.name.isEmpty, !isReserved(field.name) else { return }
    let start = bytes.count
    bytes.append(contentsOf: "\r\n".utf8)
    bytes.append(contentsOf: field.name.utf8)
    for index in start + 2..<bytes.count where !ByteSet.token.contains(bytes[index]) {
      bytes.removeSubrange(start...)
      return
    }
    append(": ", field.value, to: &bytes)
  }

  /// Appends a value behind what leads to it.
  ///
  /// A value can hold what a client sent, so no control character of it reaches the wire.
  private static func append(_ lead: String, _ value: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: lead.utf8)
    let start = bytes.count
    bytes.append(contentsOf: value.utf8)
    for index in start..<bytes.count {
      let byte = bytes[index]
      if byte < 0x20 && byte != 0x09 || byte == 0x7F { bytes[index] = 0x20 }
    }
  }
}
