import CSystem

@testable import HTTPServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A blocking client on a raw socket, so that a test decides on every byte.
final class TestClient {
  /// A response as it came.
  struct Response {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Failure: Error, Equatable {
    case connecting(code: Int32)
    case sending(code: Int32)
    /// Nothing came for ten seconds.
    case silence
    case reset(code: Int32)
    case endOfConnection(after: String)
    case malformed(String)
  }

  let descriptor: Int32
  private var received: [UInt8] = []
  /// Bytes of it that have been handed out.
  private var taken = 0

  init(_ address: SocketAddress) throws {
    descriptor = unsafe csystem_connect(address.host, UInt16(address.port))
    guard descriptor >= 0 else { throw Failure.connecting(code: errno) }
    csystem_set_receive_timeout(descriptor, 60_000)
  }

  deinit { csystem_close(descriptor) }

  /// Sends everything, `pieceByteCount` bytes at a time.
  func send(_ text: String, pieceByteCount: Int = .max) throws {
    try send(Array(text.utf8), pieceByteCount: pieceByteCount)
  }

  /// Sends everything, `pieceByteCount` bytes at a time.
  func send(_ bytes: [UInt8], pieceByteCount: Int = .max) throws {
    var offset = 0
    while offset < bytes.count {
      let piece = Array(bytes[offset..<min(bytes.count, offset + min(pieceByteCount, bytes.count))])
      switch SystemCall.send(descriptor, piece.span, Span()) {
      case .bytes(let count): offset += count
      case .failed(let code): throw Failure.sending(code: code)
      case .wouldBlock, .end: throw Failure.silence
      }
    }
  }

  /// Whether something can be read now, the end of the connection included.
  var hasInput: Bool {
    var buffer: UInt8 = 0
    // One byte is peeked at, into a variable that outlives the call.
    return unsafe recv(descriptor, &buffer, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) >= 0
  }

  func finishSending() { csystem_finish_sending(descriptor) }

  /// Reads more bytes ahead; false at the end of the connection.
  func receiveMore(_ byteCount: Int = 65536) throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: byteCount)
    switch SystemCall.receive(descriptor, into: &buffer) {
    case .bytes(let count):
      received += buffer[..<count]
      return true
    case .end: return false
    case .wouldBlock: throw Failure.silence
    case .failed(let code): throw Failure.reset(code: code)
    }
  }

  private func line() throws -> String {
    while true {
      if let end = received[taken...].firstIndex(of: 0x0A) {
        let line = String(decoding: received[taken..<end], as: UTF8.self)
        taken = end + 1
        guard line.last == "\r" else { throw Failure.malformed(line) }
        return String(line.dropLast())
      }
      guard try receiveMore() else {
        throw Failure.endOfConnection(after: String(decoding: received[taken...], as: UTF8.self))
      }
    }
  }

  /// So many bytes.
  func receive(_ byteCount: Int, atOnce: Int = 65536) throws -> [UInt8] {
    while received.count - taken < byteCount {
      guard try receiveMore(atOnce) else { throw Failure.endOfConnection(after: "") }
    }
    defer { taken += byteCount }
    return Array(received[taken..<taken + byteCount])
  }

  /// Everything up to the end of the connection.
  func receiveToEnd() throws -> [UInt8] {
    while try receiveMore() {}
    defer { taken = received.count }
    return Array(received[taken...])
  }

  /// One response; interim ones are returned like others.
  func response(hasBody: Bool = true) throws -> Response {
    let status = try line()
    guard status.hasPrefix("HTTP/1.1 "), let code = Int(status.dropFirst(9).prefix(3)) else {
      throw Failure.malformed(status)
    }
    var headers = HTTPHeaders()
    while true {
      let field = try line()
      if field.isEmpty { break }
      guard let colon = field.firstIndex(of: ":") else { throw Failure.malformed(field) }
      headers.add(
        String(field[..<colon]),
        String(field[field.index(after: colon)...].trimmingOptionalWhitespace))
    }
    var body: [UInt8] = []
    if hasBody, code >= 200, code != 204 {
      if let length = headers["Content-Length"].flatMap({ Int($0) }) {
        body = try receive(length)
      } else if headers["Transfer-Encoding"] == "chunked" {
        while true {
          guard let count = Int(try line(), radix: 16) else { throw Failure.malformed("chunk") }
          body += try receive(count)
          guard try line().isEmpty else { throw Failure.malformed("chunk end") }
          if count == 0 { break }
        }
      } else {
        body = try receiveToEnd()
      }
    }
    return Response(status: code, headers: headers, body: body)
  }

  /// One request, one response.
  func exchange(_ text: String) throws -> Response {
    try send(text)
    return try response()
  }

  /// Whether the server has closed the connection, waiting for it.
  func isAtEnd() throws -> Bool { try receiveToEnd().isEmpty }
}
