import CSystem
import HTTPServer

/// A blocking client: one connection, one request, one answer.
struct ServiceClient {
  let address: SocketAddress

  /// What came back.
  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The text that came in chunks (RFC 9112, section 7.1), which have no extensions.
    func unchunked() throws -> String {
      var content: [UInt8] = []
      var rest = body[...]
      while let end = rest.firstIndex(of: 13) {
        guard let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16),
          rest.count >= end - rest.startIndex + size + 4
        else { break }
        guard size > 0 else { return String(decoding: content, as: UTF8.self) }
        content += rest[(end + 2)..<(end + 2 + size)]
        rest = rest[(end + 2 + size + 2)...]
      }
      throw Failure.noAnswer
    }
  }

  enum Failure: Error {
    case noConnection
    case noAnswer
  }

  func get(_ path: String) throws -> Answer { try send("GET", path) }

  func post(_ path: String, _ body: [UInt8], _ headers: HTTPHeaders = [:]) throws -> Answer {
    try send("POST", path, headers, body)
  }

  func send(
    _ method: String, _ path: String, _ headers: HTTPHeaders = [:], _ body: [UInt8]? = nil
  ) throws -> Answer {
    let descriptor = unsafe csystem_connect(address.host, UInt16(address.port))
    guard descriptor >= 0 else { throw Failure.noConnection }
    defer { csystem_close(descriptor) }
    csystem_set_receive_timeout(descriptor, 60_000)
    var head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
    for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try write(Array((head + "\r\n").utf8) + (body ?? []), to: descriptor)
    return try Self.parse(readToEnd(descriptor))
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe csystem_send(descriptor, $0.baseAddress, $0.count, nil, 0)
      }
      // The server may answer and close before it has read all of a body that it refuses.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private func readToEnd(_ descriptor: Int32) -> [UInt8] {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe csystem_receive(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { return answer }
      answer += buffer.prefix(count)
    }
  }

  private static func parse(_ bytes: [UInt8]) throws -> Answer {
    var lines: [String] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 10) {
      let line = String(decoding: rest[..<end].dropLast(), as: UTF8.self)
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      lines.append(line)
    }
    guard let first = lines.first, let status = Int(first.dropFirst(9).prefix(3)) else {
      throw Failure.noAnswer
    }
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { throw Failure.noAnswer }
      headers.add(String(parts[0]), String(parts[1].drop { $0 == " " }))
    }
    return Answer(status: status, headers: headers, body: Array(rest))
  }
}
