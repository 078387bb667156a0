import Foundation
import Testing

@testable import HTTPServer

@Suite struct AccessTests {
  let file = FileManager.default.temporaryDirectory.appendingPathComponent(
    "pointserve-keys-\(UUID().uuidString)")

  func write(_ lines: [String]) throws {
    try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
  }

  func makeServer(_ keys: APIKeys?, _ change: (inout HTTPServerConfiguration) -> Void = { _ in })
    throws -> TestServer
  {
    try TestServer(change, keys: keys) { router in
      let options = HTTPRouteOptions(scope: "infer", isRateLimited: true)
      router.add(.post, "/guarded", options: options) { .text($0.principal?.name ?? "anyone") }
    }
  }

  func post(_ fields: String, to server: TestServer) throws -> TestClient.Response {
    try server.connect().exchange(
      "POST /guarded HTTP/1.1\r\nHost: x\r\n\(fields)Content-Length: 2\r\n\r\nab")
  }

  @Test func `a key opens the routes of its scopes`() throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let infer = try #require(APIKeys.make(name: "alice", scopes: ["infer", "metrics"]))
    let admin = try #require(APIKeys.make(name: "bob", scopes: ["admin"]))
    try write(["# keys", "", infer.line, admin.line])
    let keys = try APIKeys(file: file.path)
    let server = try makeServer(keys)
    #expect(try post("Authorization: Bearer \(infer.key)\r\n", to: server).text == "alice")
    #expect(try post("authorization: bearer  \(infer.key)\r\n", to: server).text == "alice")
    #expect(try post("X-API-Key: \(infer.key)\r\n", to: server).text == "alice")
    #expect(try post("X-API-Key: \(admin.key)\r\n", to: server).status == 403)
    for fields in [
      "", "X-API-Key: \(infer.key)0\r\n", "X-API-Key: \(infer.key.dropLast())\r\n",
      "X-API-Key:\r\n", "Authorization: Basic \(infer.key)\r\n", "Authorization: Bearer\r\n",
      "X-API-Key: \(infer.line)\r\n",
    ] {
      let response = try post(fields, to: server)
      #expect(response.status == 401)
      #expect(response.headers["WWW-Authenticate"] == "Bearer realm=\"pointserve\"")
      #expect(!response.text.contains(infer.key))
    }
    #expect(try server.connect().exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)

    try write([admin.line])
    try keys.reload()
    #expect(try post("X-API-Key: \(infer.key)\r\n", to: server).status == 401)
    try write(["nonsense"])
    #expect(throws: APIKeyError.self) { try keys.reload() }
    #expect(try post("X-API-Key: \(admin.key)\r\n", to: server).status == 403)
  }

  @Test(arguments: [
    "a", "a:b:c", "a:b:c:d", ":infer:SALT:HASH", "a::SALT:HASH", "a b:infer:SALT:HASH",
    "a:infer:00:HASH", "a:infer:SALT:00", "a:infer:SALT:HASHzz", "a:infer:SALT:HASH:x",
  ])
  func `a malformed line is named`(line: String) throws {
    defer { try? FileManager.default.removeItem(at: file) }
    let filled = line.replacingOccurrences(of: "SALT", with: String(repeating: "0", count: 32))
      .replacingOccurrences(of: "HASH", with: String(repeating: "0", count: 64))
    try write(["# first", filled])
    #expect {
      try APIKeys(file: file.path)
    } throws: { "\($0)".contains("\(file.path), line 2: ") }
  }

  @Test func `a missing key file is named`() {
    #expect(throws: APIKeyError.unreadable(file: file.path)) { try APIKeys(file: file.path) }
  }

  @Test func `a client above its rate gets 429 and when to come back`() throws {
    let server = try makeServer(nil) {
      $0.requestsPerSecondPerClient = 0.01
      $0.requestBurstPerClient = 2
    }
    let client = try server.connect()
    let request = "POST /guarded HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
    #expect(try client.exchange(request).status == 200)
    #expect(try client.exchange(request).status == 200)
    let refused = try client.exchange(request)
    #expect(refused.status == 429)
    #expect(refused.headers["Retry-After"] == "100")
    #expect(try client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
  }

  @Test func `tokens come back at their rate, up to the burst, for each client`() {
    var limiter = RateLimiter(requestsPerSecond: 10, burst: 3)
    func take(_ client: String, _ milliseconds: Int64) -> Duration? {
      limiter.take(client, now: CoreTests.time(milliseconds))
    }
    for _ in 0..<3 { #expect(take("a", 0) == nil) }
    #expect(take("a", 0) == .milliseconds(100))
    #expect(take("b", 0) == nil)
    #expect(take("a", 50) == .milliseconds(50))
    #expect(take("a", 100) == nil)
    #expect(take("a", 100) != nil)
    for _ in 0..<3 { #expect(take("a", 100_000) == nil) }
    #expect(take("a", 100_000) != nil)
  }

  @Test func `clients that are gone are forgotten`() {
    var limiter = RateLimiter(requestsPerSecond: 10, burst: 3)
    for client in 0..<20_000 {
      #expect(limiter.take("\(client)", now: CoreTests.time(Int64(client))) == nil)
    }
    #expect(limiter.clientCount < 10_000)
  }

  @Test func `pages of allowed origins may read responses`() throws {
    let server = try makeServer(nil) {
      $0.crossOrigin = CrossOriginPolicy(allowedOrigins: ["https://a.example"])
    }
    let allowed = try server.connect().exchange(
      "GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n\r\n")
    #expect(allowed.headers["Access-Control-Allow-Origin"] == "https://a.example")
    #expect(allowed.headers["Vary"] == "Origin")
    let other = try server.connect().exchange(
      "GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://b.example\r\n\r\n")
    #expect(other.headers["Access-Control-Allow-Origin"] == nil)
    let preflight = try server.connect().exchange(
      "OPTIONS /guarded HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n"
        + "Access-Control-Request-Method: POST\r\n"
        + "Access-Control-Request-Headers: content-type, x-api-key\r\n\r\n")
    #expect(preflight.status == 204)
    #expect(preflight.headers["Access-Control-Allow-Origin"] == "https://a.example")
    #expect(preflight.headers["Access-Control-Allow-Methods"] == "OPTIONS, POST")
    #expect(preflight.headers["Access-Control-Allow-Headers"] == "content-type, x-api-key")
    #expect(preflight.headers["Access-Control-Max-Age"] == "600")
    let plain = try server.connect().exchange(
      "GET /no HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n\r\n")
    #expect(plain.status == 404)
    #expect(plain.headers["Access-Control-Allow-Origin"] == "https://a.example")
  }
}
