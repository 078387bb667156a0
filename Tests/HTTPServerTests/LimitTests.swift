import Testing

@testable import HTTPServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Time, connections and memory: what a client may not take more of.
@Suite struct LimitTests {
  @Test func `a header that does not end gets 408`() throws {
    let server = try TestServer { $0.headerTimeout = .milliseconds(50) }
    let client = try server.connect()
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n")
    let response = try client.response()
    #expect(response.status == 408)
    #expect(response.text.contains("header_timeout"))
    #expect(try client.isAtEnd())
  }

  @Test func `a header sent byte by byte has no more time`() throws {
    let server = try TestServer { $0.headerTimeout = .milliseconds(100) }
    let client = try server.connect()
    // Ends when the server has answered and closed: sending fails, or the answer is there.
    let start = ContinuousClock.now
    try client.send("GET / HTTP/1.1\r\n")
    while !client.hasInput, ContinuousClock.now - start < .seconds(10) {
      try client.send("A: b\r\n")
    }
    #expect([408, 431].contains(try client.response().status))
  }

  @Test func `a connection that says nothing is closed without a word`() throws {
    let server = try TestServer { $0.headerTimeout = .milliseconds(50) }
    let client = try server.connect()
    #expect(try client.isAtEnd())
  }

  @Test func `an idle connection is closed without a word`() throws {
    let server = try TestServer { $0.idleTimeout = .milliseconds(50) }
    let client = try server.connect()
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    #expect(try client.isAtEnd())
  }

  @Test func `a body that does not end gets 408`() throws {
    let server = try TestServer { $0.bodyTimeout = .milliseconds(50) }
    let response = try server.connect().exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
    #expect(response.status == 408)
    #expect(response.text.contains("body_timeout"))
    #expect(server.observer.waitForRecords(1))
    #expect(server.observer.records[0].route == "/echo")
  }

  @Test func `a body that comes too slowly gets 408`() throws {
    let server = try TestServer {
      $0.rateInterval = .milliseconds(50)
      $0.minimumBodyBytesPerSecond = 1 << 20
    }
    let response = try server.connect().exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
    #expect(response.status == 408)
    #expect(response.text.contains("body_too_slow"))
  }

  @Test(arguments: [true, false])
  func `a client that does not read its response loses its connection`(isStalled: Bool) throws {
    let server = try TestServer {
      if isStalled {
        $0.writeStallTimeout = .milliseconds(50)
      } else {
        $0.rateInterval = .milliseconds(50)
      }
    } routes: { router in
      router.add(.get, "/big") { _ in
        HTTPResponse(body: .bytes([UInt8](repeating: 0x61, count: 32 << 20)))
      }
    }
    let client = try server.connect()
    try client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(server.observer.waitForClosed(1))
    #expect(server.observer.records.map(\.outcome) == [.cancelled(.clientTooSlow)])
    #expect(server.server.bufferedByteCount == 0)
    // Not FIN, which would wait behind what the client does not read.
    #expect(throws: TestClient.Failure.reset(code: ECONNRESET)) {
      while try client.receiveMore() {}
    }
  }

  @Test func `one connection too many gets 503`() throws {
    let server = try TestServer { $0.maximumConnectionCount = 1 }
    let first = try server.connect()
    #expect(try first.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    // The request is on its way when the server closes; its answer must not be lost to a reset.
    let refused = try server.connect().exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(refused.status == 503)
    #expect(refused.headers["Retry-After"] == "1")
    #expect(refused.headers["Content-Type"] == "application/json")
    #expect(try first.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    #expect(server.observer.refusals == ["too_many_connections"])
  }

  @Test func `one connection of a client too many gets 429`() throws {
    let server = try TestServer { $0.maximumConnectionCountPerClient = 1 }
    var first: TestClient? = try server.connect()
    #expect(try first?.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    #expect(try server.connect().response().status == 429)
    first = nil
    #expect(server.observer.waitForClosed(1))
    #expect(try server.connect().exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
  }

  @Test func `bodies beyond the memory for all of them get 503`() throws {
    let server = try TestServer { $0.maximumBufferedByteCount = 1 << 20 }
    let client = try server.connect()
    let fields = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(4 << 20)\r\n\r\n"
    try client.send(fields)
    try client.send([UInt8](repeating: 0x61, count: 2 << 20))
    let response = try client.response()
    #expect(response.status == 503)
    #expect(response.text.contains("buffers_full"))
    #expect(server.server.bufferedByteCount == 0)
    let small = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    #expect(try server.connect().exchange(small).status == 200)
  }

  @Test func `a connection ends after its last request`() throws {
    let server = try TestServer { $0.maximumRequestCountPerConnection = 2 }
    let client = try server.connect()
    let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    #expect(try client.exchange(request).headers["Connection"] == nil)
    #expect(try client.exchange(request).headers["Connection"] == "close")
    #expect(try client.isAtEnd())
  }

  @Test func `a large body comes through whole`() throws {
    let block = (0..<65521).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let body = Array(repeatElement(block, count: 48).joined())
    let server = try TestServer()
    let client = try server.connect()
    try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n")
    try client.send(body)
    #expect(try client.response().body == body)
    #expect(server.observer.waitForRecords(1))
    let record = server.observer.records[0]
    #expect(record.requestByteCount == body.count)
    #expect(record.responseByteCount == body.count)
    #expect(record.route == "/echo")
    #expect(record.status == .ok)
    #expect(server.server.bufferedByteCount == 0)
  }
}
