import Testing

@testable import HTTPServer

@Suite struct ContentCodingTests {
  static let text = Array(String(repeating: "segment the cloud ", count: 500).utf8)

  /// A body in codings, by our own encoder, whose output zlib's own format checks guard.
  static func encoded(_ content: [UInt8], _ codings: [ContentCoding]) throws -> [UInt8] {
    try codings.reduce(content) { content, coding in
      try #require(coding.encode(content, level: 6))
    }
  }

  static func post(_ coding: String, _ body: [UInt8], to server: TestServer) throws
    -> TestClient.Response
  {
    let client = try server.connect()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(coding)\r\n"
        + "Content-Length: \(body.count)\r\n\r\n")
    try client.send(body)
    return try client.response()
  }

  @Test(
    arguments: [
      ("gzip", [.gzip]), ("x-gzip", [.gzip]), ("GZIP", [.gzip]), ("deflate", [.deflate]),
      ("identity", []), ("gzip, deflate", [.gzip, .deflate]),
      ("gzip, identity, gzip", [.gzip, .gzip]),
    ] as [(String, [ContentCoding])])
  func `a coded body reaches its handler decoded`(name: String, codings: [ContentCoding]) throws {
    let server = try TestServer()
    let response = try Self.post(name, try Self.encoded(Self.text, codings), to: server)
    #expect(response.status == 200)
    #expect(response.body == Self.text)
    #expect(server.observer.waitForRecords(1))
    #expect(server.server.bufferedByteCount == 0)
  }

  @Test(arguments: ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip, gzip", "chunked"])
  func `an unknown coding gets 415 and what is known`(name: String) throws {
    let server = try TestServer()
    let client = try server.connect()
    for _ in 0..<2 {
      let response = try client.exchange(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(name)\r\n"
          + "Content-Length: 3\r\n\r\nabc")
      #expect(response.status == 415)
      #expect(response.headers["Accept-Encoding"] == "gzip, deflate")
    }
  }

  enum Damage: CaseIterable { case cut, flippedChecksum, flippedByte, trailing, empty, notCoded }

  @Test(arguments: [ContentCoding.gzip, .deflate], Damage.allCases)
  func `a damaged body gets 400 and the connection stays`(coding: ContentCoding, damage: Damage)
    throws
  {
    var body = try Self.encoded(Self.text, [coding])
    switch damage {
    case .cut: body.removeLast()
    // Both formats end with a checksum, gzip's before four bytes of length.
    case .flippedChecksum: body[body.count - (coding == .gzip ? 6 : 2)] ^= 1
    case .flippedByte: body[body.count / 2] ^= 0x10
    case .trailing: body.append(0)
    case .empty: body = []
    case .notCoded: body = Self.text
    }
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(coding.rawValue)\r\n"
        + "Content-Length: \(body.count)\r\n\r\n")
    try client.send(body)
    let response = try client.response()
    #expect(response.status == 400)
    #expect(response.text.contains("\"code\":\"malformed_content\""))
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    #expect(server.server.bufferedByteCount == 0)
  }

  @Test func `deflate is the zlib format, not bare deflate data`() throws {
    // The zlib format without its two bytes of header and four of checksum.
    let bare = try Array(Self.encoded(Self.text, [.deflate]).dropFirst(2).dropLast(4))
    #expect(try Self.post("deflate", bare, to: try TestServer()).status == 400)
  }

  @Test func `gzip members in a row are one content`() throws {
    let body = try Self.encoded(Self.text, [.gzip]) + Self.encoded(Self.text, [.gzip])
    #expect(try Self.post("gzip", body, to: try TestServer()).body == Self.text + Self.text)
  }

  @Test(arguments: [0, 1])
  func `the limit holds for what a body inflates to`(excess: Int) throws {
    let server = try TestServer { $0.maximumBodyByteCount = 100_000 }
    let body = try Self.encoded([UInt8](repeating: 0, count: 100_000 + excess), [.gzip])
    let response = try Self.post("gzip", body, to: server)
    #expect(response.status == (excess == 0 ? 200 : 413))
  }

  @Test func `a bomb is refused while it inflates`() throws {
    let bomb = try Self.encoded([UInt8](repeating: 0, count: 16 << 20), [.gzip, .gzip])
    let peak = try inflatePeak(of: bomb, [.gzip, .gzip], limit: 1 << 20)
    #expect(peak <= 2 << 20)
  }

  /// The most memory that undoing the codings reserved before it was refused.
  private func inflatePeak(of body: [UInt8], _ codings: [ContentCoding], limit: Int) throws -> Int {
    var reserved = 0
    var peak = 0
    #expect(throws: HTTPRefusal.bodyTooLarge(limit: limit)) {
      _ = try ContentDecoder.decode(body, codings, limit: limit) { count in
        reserved += count
        peak = max(peak, reserved)
        return true
      }
    }
    #expect(reserved == 0)
    return peak
  }

  @Test func `memory that is not there is 503`() throws {
    let body = try Self.encoded(Self.text, [.gzip])
    #expect(throws: HTTPRefusal.buffersFull) {
      _ = try ContentDecoder.decode(body, [.gzip], limit: 1 << 20) { $0 <= 0 }
    }
  }

  @Test(
    arguments: [
      ("gzip", ContentCoding.gzip), ("deflate", .deflate), ("gzip, deflate, br", .gzip),
      ("gzip;q=0.5, deflate", .deflate), ("*", .gzip), ("*;q=0", nil), ("gzip;q=0", nil), ("", nil),
      ("br", nil), ("identity", nil), ("identity, gzip;q=0.5", nil), ("gzip;q=0, *", .deflate),
      ("gzip;q=2", nil), ("X-GZIP", .gzip),
    ] as [(String, ContentCoding?)])
  func `the coding of a response follows the weights`(accept: String, expected: ContentCoding?) {
    #expect(AcceptEncoding(["Accept-Encoding": accept]).preferred == expected)
  }

  @Test func `a response is compressed where its handler allows it`() throws {
    let server = try TestServer { _ in
    } routes: { router in
      router.add(.get, "/text") { request in
        var response = HTTPResponse(body: .bytes(Self.text))
        response.compress(for: request)
        return response
      }
    }
    for coding in [ContentCoding.gzip, .deflate] {
      let response = try server.connect().exchange(
        "GET /text HTTP/1.1\r\nHost: x\r\nAccept-Encoding: \(coding.rawValue)\r\n\r\n")
      #expect(response.headers["Content-Encoding"] == coding.rawValue)
      #expect(response.headers["Vary"] == "Accept-Encoding")
      let content = try ContentDecoder.decode(response.body, [coding], limit: 1 << 20) { _ in true }
      #expect(content == Self.text)
    }
    let plain = try server.connect().exchange("GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(plain.headers["Content-Encoding"] == nil)
    #expect(plain.body == Self.text)
  }
}
