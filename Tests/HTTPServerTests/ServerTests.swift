import Testing

@testable import HTTPServer

@Suite struct ServerTests {
  @Test func `a request is answered and the connection kept`() throws {
    let server = try TestServer()
    let client = try server.connect()
    for _ in 0..<3 {
      let response = try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(response.status == 200)
      #expect(response.text == "hello")
      #expect(response.headers["Connection"] == nil)
      #expect(response.headers["Date"]?.hasSuffix(" GMT") == true)
      #expect(response.headers["X-Request-Id"]?.utf8.count == 16)
    }
  }

  @Test func `one-byte writes make the same request`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      pieceByteCount: 1)
    #expect(try client.response().text == "hello world")
    #expect(try client.response().text == "hello")
  }

  @Test func `pipelined requests are answered in order`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let texts = (0..<200).map { "message \($0)" }
    try client.send(
      texts.map {
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)"
      }.joined())
    for text in texts { #expect(try client.response().text == text) }
  }

  @Test func `placeholders are percent-decoded`() throws {
    let server = try TestServer()
    let response = try server.connect().exchange(
      "GET /models/a%20b%2Fc/versions/7 HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(response.text == "a b/c|7|/models/{model}/versions/{version}")
  }
}
