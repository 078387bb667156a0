import Testing

@testable import HTTPServer

@Suite struct DrainTests {
  let handler = CapturingHandler()

  @Test func `a drain answers what has begun and closes what has not`() async throws {
    let server = try TestServer {
      $0.drainIdleTimeout = .zero
    } routes: { router in
      router.add(.get, "/later", handler)
    }
    let busy = try server.connect()
    try busy.send(ExchangeTests.request)
    let exchange = try handler.next()
    let idle = try server.connect()
    #expect(try idle.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    server.server.startDraining()
    #expect(try idle.isAtEnd())
    exchange.respond(.text("done"))
    let response = try busy.response()
    #expect(response.text == "done")
    #expect(response.headers["Connection"] == "close")
    #expect(try busy.isAtEnd())
    #expect(await server.server.drain(within: .seconds(10)) == 0)
    #expect(throws: TestClient.Failure.self) {
      try server.connect().exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    }
  }

  @Test func `a body that has its answer already does not hold up a drain`() async throws {
    let server = try TestServer()
    let client = try server.connect()
    let response = try client.exchange(
      "POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
    #expect(response.status == 404)
    #expect(response.headers["Connection"] == nil)
    #expect(await server.server.drain(within: .seconds(60)) == 0)
    #expect(try client.isAtEnd())
  }

  @Test func `a request on its way at the start of a drain is answered`() async throws {
    let server = try TestServer { $0.drainIdleTimeout = .seconds(10) }
    let client = try server.connect()
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    server.server.startDraining()
    let response = try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(response.status == 200)
    client.finishSending()
    _ = try client.receiveToEnd()
    #expect(await server.server.drain(within: .seconds(10)) == 0)
  }

  @Test func `a drain ends at its deadline`() async throws {
    let server = try TestServer { _ in
    } routes: { router in
      router.add(.get, "/later", handler)
    }
    let client = try server.connect()
    try client.send(ExchangeTests.request)
    let exchange = try handler.next()
    #expect(await server.server.drain(within: .milliseconds(50)) == 1)
    #expect(server.observer.waitForClosed(1))
    #expect(exchange.cancellation == .serverStopped)
    #expect(!exchange.respond(.text("late")))
    withExtendedLifetime(client) {}
  }

  @Test func `the last responses before a drain tell clients to move on`() throws {
    let server = try TestServer()
    let client = try server.connect()
    server.server.stopKeepingAlive()
    let response = try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(response.headers["Connection"] == "close")
  }

  @Test func `a port that is taken is an error that names it`() throws {
    let server = try TestServer()
    let router = HTTPRouter()
    let second = HTTPServer(configuration: HTTPServerConfiguration(), router: router)
    defer { second.stop() }
    #expect {
      try second.listen(host: "127.0.0.1", port: server.address.port)
    } throws: { error in
      "\(error)".contains("listening on \(server.address)")
    }
    #expect(throws: HTTPServerError.invalidPort(found: 65536)) {
      try second.listen(host: "127.0.0.1", port: 65536)
    }
  }
}
