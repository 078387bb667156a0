import Testing

@testable import HTTPServer

/// What RFC 9110 asks of a server beyond parsing, on a real socket.
@Suite struct SemanticsTests {
  @Test func `HEAD has the fields of GET and no body`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
    let head = try client.response(hasBody: false)
    #expect(head.status == 200)
    #expect(head.headers["Content-Length"] == "5")
    #expect(try client.response().text == "hello")
  }

  @Test(
    arguments: [
      ("OPTIONS /", 204, "GET, HEAD, OPTIONS"), ("OPTIONS /echo", 204, "OPTIONS, POST"),
      ("OPTIONS *", 204, "GET, HEAD, OPTIONS, POST"), ("POST /", 405, "GET, HEAD, OPTIONS"),
      ("DELETE /echo", 405, "OPTIONS, POST"), ("TRACE /", 405, "GET, HEAD, OPTIONS"),
      ("QUERY /", 405, "GET, HEAD, OPTIONS"),
      ("GET /nothing", 404, nil), ("GET /models//versions/1", 404, nil), ("OPTIONS /no", 404, nil),
      ("BREW /", 501, nil), ("CONNECT x:80", 501, nil),
    ] as [(String, Int, String?)])
  func `the table of routes answers by itself and keeps the connection`(
    request: String, status: Int, allow: String?
  ) throws {
    let server = try TestServer()
    let client = try server.connect()
    for _ in 0..<2 {
      let response = try client.exchange(
        "\(request) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
      #expect(response.status == status)
      #expect(response.headers["Allow"] == allow)
    }
  }

  @Test func `a body too long to skip ends the connection of a request without a route`() throws {
    let server = try TestServer { $0.maximumDiscardedByteCount = 10 }
    let client = try server.connect()
    try client.send("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nabc")
    let response = try client.response()
    #expect(response.status == 404)
    #expect(response.headers["Connection"] == "close")
    #expect(try client.isAtEnd())
  }

  /// Refuses what announces more than three bytes.
  private struct ShortBodies: HTTPHandler {
    func refusal(of head: HTTPRequestHead) -> HTTPFailure? {
      guard head.announcedByteCount > 3 else { return nil }
      return HTTPFailure(.serviceUnavailable, code: "no_room", message: "No room.")
    }

    func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
      exchange.respond(HTTPResponse(body: .bytes(request.body)))
    }
  }

  private static let longRequest = "POST /short HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"

  private static func serveShortBodies(
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
  ) throws -> TestServer {
    try TestServer(change) { $0.add(.post, "/short", ShortBodies()) }
  }

  @Test func `a refusal by the head comes before the body and keeps the connection`() throws {
    let server = try Self.serveShortBodies()
    let client = try server.connect()
    for _ in 0..<2 {
      let response = try client.exchange(Self.longRequest)
      #expect(response.status == 503)
      #expect(response.headers["Connection"] == nil)
      // The body may look like a request, and may be cut anywhere.
      try client.send("GET / HTTP")
      let next = try client.exchange(
        "POST /short HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
      #expect(next.status == 200)
      #expect(next.text == "abc")
    }
    // All at once: the answers come in order.
    try client.send(Self.longRequest + "0123456789GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try client.response().status == 503)
    #expect(try client.response().text == "hello")
    #expect(server.observer.waitForRecords(6))
    #expect(server.observer.records.last?.route == "/")
    #expect(server.observer.records[4].requestByteCount == 10)
  }

  @Test func `a body that does not follow its answer ends the connection without another`() throws {
    let server = try Self.serveShortBodies { $0.bodyTimeout = .milliseconds(50) }
    let client = try server.connect()
    #expect(try client.exchange(Self.longRequest + "012").status == 503)
    #expect(try client.isAtEnd())
    #expect(server.observer.records.count == 1)
  }

  @Test func `a malformed body behind its answer ends the connection without another`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let response = try client.exchange(
      "POST /no HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    #expect(response.status == 404)
    try client.send("xyz\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try client.isAtEnd())
    #expect(server.observer.records.count == 1)
  }

  @Test(
    arguments: [
      ("HTTP/1.0", "", "close"), ("HTTP/1.0", "Connection: keep-alive\r\n", "keep-alive"),
      ("HTTP/1.1", "Connection: close\r\n", "close"), ("HTTP/1.1", "", nil),
    ] as [(String, String, String?)])
  func `a connection is kept or closed as the response says`(
    version: String, fields: String, expected: String?
  ) throws {
    let server = try TestServer()
    let client = try server.connect()
    let request = "GET / \(version)\r\nHost: x\r\n\(fields)\r\n"
    let response = try client.exchange(request)
    #expect(response.headers["Connection"] == expected)
    if expected == "close" {
      #expect(try client.isAtEnd())
    } else {
      #expect(try client.exchange(request).status == 200)
    }
  }

  @Test(arguments: RequestParserTests.cases.filter { $0.isRefused })
  func `a refusal is a JSON document and the last word`(_ each: ParserCase) throws {
    let server = try TestServer { configuration in
      configuration.parser = ParserCase.limits
      configuration.maximumBodyByteCount = 1000
    } routes: { router in
      router.add(.post, "/") { HTTPResponse(body: .bytes($0.body)) }
    }
    guard case .refusal(let code) = each.expectation else { return }
    let client = try server.connect()
    try client.send(each.message + Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    let response = try client.response()
    #expect((400...505).contains(response.status))
    #expect(response.headers["Content-Type"] == "application/json")
    #expect(response.headers["Connection"] == "close")
    let id = try #require(response.headers["X-Request-Id"])
    #expect(response.text.hasPrefix("{\"error\":\""))
    #expect(response.text.contains("\"code\":\"\(code)\",\"detail\":{"))
    #expect(response.text.hasSuffix("},\"request_id\":\"\(id)\"}"))
    // The next bytes are never read as a request.
    #expect(try client.isAtEnd())
  }

  @Test(arguments: [
    ("Content-Length: 1048577\r\n\r\n", true),
    ("Transfer-Encoding: chunked\r\n\r\n800000\r\n", false),
  ])
  func `413 reaches a client that sends its whole body first`(fields: String, isCounted: Bool)
    throws
  {
    let server = try TestServer {
      $0.maximumBodyByteCount = 1 << 20
      $0.lingerTimeout = .seconds(10)
    }
    let client = try server.connect()
    try client.send("POST /echo HTTP/1.1\r\nHost: x\r\n\(fields)")
    try client.send([UInt8](repeating: 0x61, count: 8 << 20))
    let response = try client.response()
    #expect(response.status == 413)
    #expect(response.text.contains("\"limit_bytes\":1048576"))
    client.finishSending()
    #expect(try client.isAtEnd())
  }

  @Test func `100 Continue comes before the body and only once`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    #expect(try client.response().status == 100)
    try client.send("abc")
    let response = try client.response()
    #expect(response.status == 200)
    #expect(response.text == "abc")
  }

  @Test(arguments: [
    ("/no", "Content-Length: 3\r\nExpect: 100-continue", 404),
    ("/echo", "Content-Length: 999\r\nExpect: 100-continue", 413),
    ("/echo", "Content-Length: 3\r\nExpect: something", 417),
    ("/echo", "Content-Length: 3\r\nContent-Encoding: br\r\nExpect: 100-continue", 415),
  ])
  func `no 100 Continue where the request is refused by its head`(
    path: String, fields: String, status: Int
  ) throws {
    let server = try TestServer { $0.maximumBodyByteCount = 100 }
    let client = try server.connect()
    let response = try client.exchange("POST \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n")
    #expect(response.status == status)
    #expect(response.headers["Connection"] == "close")
  }

  @Test func `a client that sends at once needs no 100 Continue`() throws {
    let server = try TestServer()
    let response = try server.connect().exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
    #expect(response.status == 200)
  }

  @Test func `a route may need a body and limit it`() throws {
    let server = try TestServer { _ in
    } routes: { router in
      router.add(
        .post, "/small", options: HTTPRouteOptions(maximumBodyByteCount: 3, requiresBody: true)
      ) { _ in .text("taken") }
    }
    let start = "POST /small HTTP/1.1\r\nHost: x\r\n"
    #expect(try server.connect().exchange("\(start)\r\n").status == 411)
    #expect(try server.connect().exchange("\(start)Content-Length: 0\r\n\r\n").status == 200)
    #expect(try server.connect().exchange("\(start)Content-Length: 3\r\n\r\nabc").status == 200)
    #expect(try server.connect().exchange("\(start)Content-Length: 4\r\n\r\nabcd").status == 413)
  }

  @Test(arguments: [("abc-1.2", true), (String(repeating: "a", count: 129), false), ("a b", false)])
  func `a client's request id is taken over where it is harmless`(id: String, isTaken: Bool) throws
  {
    let server = try TestServer()
    let response = try server.connect().exchange(
      "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: \(id)\r\n\r\n")
    #expect((response.headers["X-Request-Id"] == id) == isTaken)
  }

  @Test func `what a handler puts into a field cannot end the field`() throws {
    let server = try TestServer { _ in
    } routes: { router in
      router.add(.get, "/field") { _ in
        HTTPResponse(headers: ["X-A": "1\r\nX-B: 2", "Bad Name": "3", "Content-Length": "99"])
      }
    }
    let response = try server.connect().exchange("GET /field HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(response.headers["X-A"] == "1  X-B: 2")
    #expect(response.headers["X-B"] == nil)
    #expect(!response.headers.contains("Bad Name"))
    #expect(response.headers.values(of: "Content-Length") == ["0"])
  }
}

extension ParserCase {
  var isRefused: Bool {
    if case .refusal = expectation { return true }
    return false
  }
}
