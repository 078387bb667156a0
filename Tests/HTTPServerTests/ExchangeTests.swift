import Locking
import Dispatch
import Synchronization
import Testing

@testable import HTTPServer

/// Hands every exchange to the test.
final class CapturingHandler: HTTPHandler {
  private let captured = Lock<[HTTPExchange]>([])
  private let arrived = DispatchSemaphore(value: 0)

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    captured.withLock { $0.append(exchange) }
    arrived.signal()
  }

  /// The next exchange; the handler keeps no reference.
  func next() throws -> HTTPExchange {
    try #require(arrived.wait(timeout: .now() + .seconds(10)) == .success)
    return captured.withLock { $0.removeFirst() }
  }
}

@Suite struct ExchangeTests {
  let handler = CapturingHandler()

  func makeServer(_ change: (inout HTTPServerConfiguration) -> Void = { _ in }) throws -> TestServer
  {
    try TestServer(change) { router in router.add(.get, "/later", handler) }
  }

  static let request = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"

  @Test func `an answer may come later and counts once`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    #expect(exchange.respond(.text("first")))
    #expect(!exchange.respond(.text("second")))
    #expect(!exchange.begin(HTTPResponse()))
    #expect(try client.response().text == "first")
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").text == "hello")
  }

  @Test func `an exchange that is let go is answered with 500`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    _ = try handler.next()
    let response = try client.response()
    #expect(response.status == 500)
    #expect(response.text.contains("internal_error"))
  }

  @Test func `a pipelined request waits for the one before it`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request + "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + Self.request)
    try handler.next().respond(.text("1"))
    #expect(try client.response().text == "1")
    #expect(try client.response().text == "hello")
    try handler.next().respond(.text("3"))
    #expect(try client.response().text == "3")
  }

  @Test func `content of unknown length goes out chunked`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    exchange.begin(HTTPResponse(body: .bytes(Array("a".utf8))))
    exchange.write(Array("bc".utf8))
    exchange.write([])
    exchange.end()
    #expect(exchange.write([1]) == .gone)
    let response = try client.response()
    #expect(response.headers["Transfer-Encoding"] == "chunked")
    #expect(response.text == "abc")
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
  }

  @Test func `HTTP 1.0 has no chunks, so the connection ends the content`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send("GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    let exchange = try handler.next()
    exchange.begin(HTTPResponse())
    exchange.write(Array("abc".utf8))
    exchange.end()
    let response = try client.response()
    #expect(response.headers["Transfer-Encoding"] == nil)
    #expect(response.headers["Connection"] == "close")
    #expect(response.text == "abc")
  }

  @Test(arguments: [3, 4, 5])
  func `an announced length is kept or the connection ends`(byteCount: Int) throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    exchange.begin(HTTPResponse(), byteCount: 4)
    exchange.write([UInt8](repeating: 0x61, count: byteCount))
    exchange.end()
    if byteCount == 4 {
      #expect(try client.response().text == "aaaa")
    } else {
      #expect(throws: TestClient.Failure.self) { try client.response() }
    }
  }

  @Test func `a response given up in the middle is not taken for a whole one`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    exchange.begin(HTTPResponse())
    exchange.write([1])
    exchange.abort()
    #expect(throws: TestClient.Failure.self) { try client.response() }
    #expect(server.observer.waitForRecords(1))
    #expect(server.observer.records[0].outcome == .cancelled(.aborted))
  }

  @Test func `a client that resets the connection cancels its request`() throws {
    let server = try makeServer()
    let reason = Lock<HTTPCancellation?>(nil)
    let cancelled = DispatchSemaphore(value: 0)
    var client: TestClient? = try server.connect()
    try client?.send(Self.request)
    let exchange = try handler.next()
    exchange.onCancel { why in
      reason.withLock { $0 = why }
      cancelled.signal()
    }
    client = nil
    #expect(cancelled.wait(timeout: .now() + .seconds(10)) == .success)
    #expect(reason.withLock { $0 } == .clientGone)
    #expect(exchange.cancellation == .clientGone)
    exchange.abort()
    #expect(server.observer.waitForClosed(1))
    #expect(server.observer.records.map(\.outcome) == [.cancelled(.clientGone)])
    #expect(server.server.bufferedByteCount == 0)
  }

  @Test func `a client that only finished sending still gets an answer`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    client.finishSending()
    let cancelled = DispatchSemaphore(value: 0)
    exchange.onCancel { _ in cancelled.signal() }
    #expect(cancelled.wait(timeout: .now() + .seconds(10)) == .success)
    #expect(exchange.respond(.text("still")))
    #expect(try client.response().text == "still")
    #expect(try client.isAtEnd())
  }

  @Test func `a request without an answer in time gets 504`() throws {
    let server = try makeServer { $0.requestTimeout = .milliseconds(50) }
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    let response = try client.response()
    #expect(response.status == 504)
    #expect(exchange.cancellation == .deadline)
    #expect(!exchange.respond(.text("late")))
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
  }

  @Test func `a slow reader pauses the writer`() throws {
    let server = try makeServer()
    let client = try server.connect()
    try client.send(Self.request)
    let exchange = try handler.next()
    exchange.begin(HTTPResponse())
    let piece = [UInt8](repeating: 0x61, count: 64 << 10)
    var written = 0
    while exchange.write(piece) == .accepted { written += piece.count }
    written += piece.count
    // The kernel's buffers hold some megabytes, the server 256 KiB more.
    #expect(written < 32 << 20)
    let writable = DispatchSemaphore(value: 0)
    exchange.whenWritable { writable.signal() }
    while writable.wait(timeout: .now()) == .timedOut { try #require(try client.receiveMore()) }
    exchange.end()
    #expect(try client.response().body.count == written)
  }

  @Test func `a stream is pulled as the client takes it`() throws {
    let pieces = Atomic(0)
    let server = try TestServer { _ in
    } routes: { router in
      router.add(.get, "/stream") { _ in
        HTTPResponse(
          body: .stream(
            HTTPBodyStream(byteCount: 400 << 16) {
              guard pieces.add(1, ordering: .relaxed).newValue <= 400 else { return nil }
              return [UInt8](repeating: 0x61, count: 1 << 16)
            }))
      }
    }
    let client = try server.connect()
    try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    let start = try client.receive(100)
    #expect(start.count == 100)
    #expect(server.server.bufferedByteCount < 1 << 20)
    #expect(try client.receive((400 << 16) - 100).count == (400 << 16) - 100)
  }
}
