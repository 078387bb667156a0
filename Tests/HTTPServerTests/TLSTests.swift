import COpenSSL
import Foundation
import Testing

@testable import HTTPServer

@Suite struct TLSTests {
  let certificates: CertificateFactory
  static let request = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)

  init() throws {
    certificates = try CertificateFactory()
    try certificates.issue("server")
  }

  func serve(
    _ context: TLSContext, _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
  ) throws -> (TestServer, SocketAddress) {
    let server = try TestServer(change) { router in
      router.add(.get, "/peer") { .text($0.tls?.clientSubject ?? "nobody") }
      router.add(.get, "/big") { _ in
        HTTPResponse(body: .bytes([UInt8](repeating: 0x61, count: 3 << 20)))
      }
    }
    return (server, try server.server.listen(host: "127.0.0.1", port: 0, tls: context))
  }

  func connect(
    _ address: SocketAddress, identity: String? = nil, protocols: [UInt8] = [],
    maximumVersion: Int32 = TLS1_3_VERSION, ticket: TLSClient.Ticket? = nil
  ) throws -> TLSClient {
    try TLSClient(
      address, authority: certificates.path("ca.pem"),
      identity: identity.map { certificates.path($0) }, protocols: protocols,
      maximumVersion: maximumVersion, ticket: ticket)
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `requests come through TLS`(version: Int32) throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server")))
    let client = try connect(address, maximumVersion: version)
    // More than one record's worth of requests at once: what the session buffers is drained.
    try client.send((0..<2000).flatMap { _ in Self.request })
    var count = 0
    var text = ""
    while count < 2000 {
      text += String(decoding: try client.receive(), as: UTF8.self)
      let parts = text.split(separator: "hello", omittingEmptySubsequences: false)
      count += parts.count - 1
      text = String(parts.last ?? "")
    }
    #expect(count == 2000)
    withExtendedLifetime(server) {}
  }

  @Test func `TLS 1_1 is refused`() throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server")))
    #expect(throws: TLSClient.Failure.self) {
      try connect(address, maximumVersion: TLS1_1_VERSION)
    }
    #expect(server.observer.waitForClosed(1))
    #expect(server.observer.refusals == ["tls_handshake_failed"])
  }

  @Test func `a large response is written piece by piece`() throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server")))
    let client = try connect(address)
    try client.send(Array("GET /big HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    var byteCount = 0
    while byteCount < 3 << 20 { byteCount += try client.receive().count }
    #expect(byteCount < 3 << 20 + 1024)
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [
    ("http/1.1", true), ("h2 http/1.1", true), ("h2", false), ("", true),
  ])
  func `ALPN agrees on http 1_1 or on nothing`(offers: String, isAccepted: Bool) throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server")))
    let wire = offers.split(separator: " ").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    if isAccepted {
      let name = try connect(address, protocols: wire).protocolName
      #expect(name == (offers.isEmpty ? "" : "http/1.1"))
    } else {
      #expect(throws: TLSClient.Failure.self) { try connect(address, protocols: wire) }
    }
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a session is resumed`(version: Int32) throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server")))
    let first = try connect(address, maximumVersion: version)
    #expect(!first.isResumed)
    try first.send(Self.request)
    #expect(try first.receive(through: "hello").hasSuffix("hello"))
    let second = try connect(address, maximumVersion: version, ticket: first.ticket())
    #expect(second.isResumed)
    withExtendedLifetime(server) {}
  }

  /// The server's certificate and key become those of another name.
  private func replaceServer(by name: String) throws {
    for suffix in ["pem", "key"] {
      try FileManager.default.removeItem(atPath: certificates.path("server.\(suffix)"))
      try FileManager.default.copyItem(
        atPath: certificates.path("\(name).\(suffix)"),
        toPath: certificates.path("server.\(suffix)"))
    }
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a session is resumed across a reload of the certificate`(version: Int32) throws {
    let context = try TLSContext(certificates.files("server"))
    let (server, address) = try serve(context)
    let first = try connect(address, maximumVersion: version)
    try first.send(Self.request)
    #expect(try first.receive(through: "hello").hasSuffix("hello"))
    try certificates.issue("other")
    try replaceServer(by: "other")
    try context.reload()
    let second = try connect(address, maximumVersion: version, ticket: first.ticket())
    #expect(second.isResumed)
    try second.send(Self.request)
    #expect(try second.receive(through: "hello").hasSuffix("hello"))
    #expect(try connect(address).serverSubject == "/CN=other")
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a session does not outlive the authority of its client`(version: Int32) throws {
    try certificates.issue("client")
    try FileManager.default.copyItem(
      atPath: certificates.path("ca.pem"), toPath: certificates.path("clients.pem"))
    let context = try TLSContext(
      TLSFiles(
        certificateChain: certificates.path("server.pem"),
        privateKey: certificates.path("server.key"),
        clientAuthorities: certificates.path("clients.pem")))
    let (server, address) = try serve(context)
    let first = try connect(address, identity: "client", maximumVersion: version)
    try first.send(Self.request)
    #expect(try first.receive(through: "hello").hasSuffix("hello"))
    try context.reload()
    let second = try connect(
      address, identity: "client", maximumVersion: version, ticket: first.ticket())
    #expect(second.isResumed)
    let stranger = try CertificateFactory()
    try FileManager.default.removeItem(atPath: certificates.path("clients.pem"))
    try FileManager.default.copyItem(
      atPath: stranger.path("ca.pem"), toPath: certificates.path("clients.pem"))
    try context.reload()
    #expect(throws: TLSClient.Failure.self) {
      let refused = try connect(
        address, identity: "client", maximumVersion: version, ticket: first.ticket())
      try refused.send(Self.request)
      _ = try refused.receive()
    }
    withExtendedLifetime(server) {}
  }

  @Test func `a key seals for the life of a ticket and opens for another`() {
    func time(_ seconds: Int64) -> MonotonicTime {
      MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }
    var ring = TicketKeyRing(now: time(0))
    let first = ring.sealingKey(now: time(0))
    #expect(first.name.count == 16)
    #expect(first.cipherKey.count == 32)
    #expect(first.macKey.count == 32)
    #expect(ring.sealingKey(now: time(7199)) == first)
    let second = ring.sealingKey(now: time(7200))
    #expect(second != first)
    #expect(ring.openingKey(first.name, now: time(14399)) == first)
    #expect(ring.openingKey(second.name, now: time(14399)) == second)
    // The first key's last ticket has ended.
    #expect(ring.openingKey(first.name, now: time(14400)) == nil)
    #expect(ring.openingKey(second.name, now: time(14400)) == second)
    // After a long silence no key is left.
    #expect(ring.openingKey(second.name, now: time(40000)) == nil)
    #expect(ring.openingKey([], now: time(40000)) == nil)
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `one connection too many gets 503 through TLS`(version: Int32) throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server"))) {
      $0.maximumConnectionCount = 1
    }
    let first = try connect(address)
    try first.send(Self.request)
    #expect(try first.receive(through: "hello").hasPrefix("HTTP/1.1 200"))
    let refused = try connect(address, maximumVersion: version)
    let answer = try refused.receive(through: "}")
    #expect(answer.hasPrefix("HTTP/1.1 503"))
    #expect(answer.contains("too_many_connections"))
    #expect(throws: TLSClient.Failure.self) { try refused.receive() }
    #expect(server.observer.refusals == ["too_many_connections"])
  }

  @Test func `many connections too many are closed without a handshake`() throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server"))) {
      $0.maximumConnectionCount = 1
      $0.handshakeTimeout = .seconds(60)
      $0.headerTimeout = .seconds(60)
    }
    let first = try connect(address)
    // They shake no hands, so those who would be told are still there when the next ones come.
    let others = try (0..<400).map { _ in try TestClient(address) }
    #expect(try others[399].isAtEnd())
    try first.send(Self.request)
    #expect(try first.receive(through: "hello").hasPrefix("HTTP/1.1 200"))
    withExtendedLifetime(server) {}
  }

  @Test func `a handshake that stalls ends`() throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server"))) {
      $0.handshakeTimeout = .milliseconds(50)
    }
    #expect(try TestClient(address).isAtEnd())
    withExtendedLifetime(server) {}
  }

  @Test func `plain HTTP on a TLS port gets no answer`() throws {
    let (server, address) = try serve(try TLSContext(certificates.files("server")))
    let client = try TestClient(address)
    try client.send(Self.request)
    #expect(server.observer.waitForClosed(1))
    #expect(server.observer.records.isEmpty)
    withExtendedLifetime(client) {}
  }

  @Test func `a reload gives new connections the new certificate and keeps the old ones`() throws {
    let context = try TLSContext(certificates.files("server"))
    let (server, address) = try serve(context)
    let old = try connect(address)
    #expect(old.serverSubject == "/CN=server")
    #expect(try !context.reloadIfChanged())
    try certificates.issue("other", days: 30)
    let before = context.notAfter
    try replaceServer(by: "other")
    #expect(try context.reloadIfChanged())
    #expect(context.notAfter > before + 20 * 86400)
    #expect(try connect(address).serverSubject == "/CN=other")
    try old.send(Self.request)
    #expect(try old.receive(through: "hello").hasPrefix("HTTP/1.1 200"))
    withExtendedLifetime(server) {}
  }

  @Test func `a bad pair keeps the old one and is counted`() throws {
    let context = try TLSContext(certificates.files("server"))
    let (server, address) = try serve(context)
    try certificates.issue("other")
    try FileManager.default.removeItem(atPath: certificates.path("server.key"))
    #expect(throws: TLSError.self) { try context.reloadIfChanged() }
    #expect(context.reloadFailureCount == 1)
    // Told once per change.
    #expect(try !context.reloadIfChanged())
    try FileManager.default.copyItem(
      atPath: certificates.path("other.key"), toPath: certificates.path("server.key"))
    #expect(
      throws: TLSError.mismatch(
        certificate: certificates.path("server.pem"), privateKey: certificates.path("server.key"))
    ) { try context.reload() }
    #expect(context.reloadFailureCount == 2)
    #expect(try connect(address).serverSubject == "/CN=server")
    withExtendedLifetime(server) {}
  }

  @Test func `errors name the file`() throws {
    let missing = TLSFiles(
      certificateChain: certificates.path("none.pem"), privateKey: certificates.path("server.key"))
    #expect {
      try TLSContext(missing)
    } throws: { "\($0)".contains("none.pem") }
    try Data("nonsense".utf8).write(to: URL(fileURLWithPath: certificates.path("bad.key")))
    let bad = TLSFiles(
      certificateChain: certificates.path("server.pem"), privateKey: certificates.path("bad.key"))
    #expect {
      try TLSContext(bad)
    } throws: { "\($0)".contains("bad.key") }
  }

  @Test func `a client certificate is demanded, verified and told`() throws {
    try certificates.issue("client")
    let stranger = try CertificateFactory()
    try stranger.issue("client")
    let (server, address) = try serve(
      try TLSContext(certificates.files("server", clientAuthorities: true)))
    let client = try connect(address, identity: "client")
    try client.send(Array("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    #expect(try client.receive(through: "client").hasSuffix("/CN=client"))
    for identity in [nil, stranger.path("client")] {
      // In TLS 1.3 the client learns of it when it reads.
      #expect(throws: TLSClient.Failure.self) {
        let refused = try TLSClient(
          address, authority: certificates.path("ca.pem"), identity: identity)
        try refused.send(Self.request)
        _ = try refused.receive()
      }
    }
    withExtendedLifetime(server) {}
  }
}
