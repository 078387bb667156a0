import CSystem

/// Asks a server one question, as the health check of a container does.
package struct HTTPProbe: Sendable {
  /// The status code and the body of an answer.
  package typealias Answer = (status: Int, body: String)

  /// The largest answer that is read, in bytes.
  private static let maximumAnswerByteCount = 1 << 16

  /// A numeric address or a host name.
  package let host: String
  package let port: UInt16
  /// `nil` for plain HTTP.
  package let tls: ProbeTLS?
  /// How long the server may stay silent.
  package let timeout: Duration

  package init(
    host: String, port: UInt16, tls: ProbeTLS? = nil, timeout: Duration = .seconds(3)
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.timeout = timeout
  }

  /// Sends a GET request and reads until the server closes the connection.
  ///
  /// - Throws: ``ProbeError`` where no answer comes, or the server is not the one that is meant.
  package func get(_ path: String) throws(ProbeError) -> Answer {
    let descriptor = unsafe csystem_connect(host, port)
    guard descriptor >= 0 else { throw .unreachable(host: host, port: port) }
    defer { csystem_close(descriptor) }
    csystem_set_receive_timeout(descriptor, timeout.components.seconds * 1000)
    let name = host.contains(":") ? "[\(host)]" : host
    let request = Array(
      "GET \(path) HTTP/1.1\r\nHost: \(name):\(port)\r\nConnection: close\r\n\r\n".utf8)
    if let tls {
      let session = try ProbeSession(descriptor: descriptor, host: host, tls: tls)
      // Where the server has closed already, why it did so is still to be read.
      _ = session.send(request)
      do {
        return try readAnswer { buffer in session.receive(into: &buffer) }
      } catch {
        // In TLS 1.3 a server refuses the client's certificate, or the lack of one, only now.
        throw session.refusal.map { .handshake(reason: $0) } ?? error
      }
    }
    let sent = unsafe request.withUnsafeBytes {
      // The pointer and the count are those of the array, which outlives the call.
      unsafe csystem_send(descriptor, $0.baseAddress, $0.count, nil, 0)
    }
    guard sent == request.count else { throw .noAnswer }
    return try readAnswer { buffer in
      unsafe buffer.withUnsafeMutableBytes {
        // The pointer and the count are those of the array, which outlives the call.
        unsafe csystem_receive(descriptor, $0.baseAddress, $0.count)
      }
    }
  }

  private func readAnswer(
    _ receive: (inout [UInt8]) -> Int
  ) throws(ProbeError) -> Answer {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < Self.maximumAnswerByteCount {
      let count = receive(&buffer)
      guard count > 0 else { break }
      bytes.append(contentsOf: buffer.prefix(count))
    }
    let text = String(decoding: bytes, as: UTF8.self)
    // RFC 9112, section 4: status-line = HTTP-version SP status-code SP [ reason-phrase ].
    let words = text.prefix { $0 != "\r\n" }.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1])
    else { throw .noAnswer }
    let body = text.split(separator: "\r\n", omittingEmptySubsequences: false).last ?? ""
    return (status, String(body))
  }
}
