import CSystem
import Testing

@testable import HTTPServer

@Suite struct ProbeTests {
  let certificates: CertificateFactory

  init() throws {
    certificates = try CertificateFactory()
    try certificates.issue("server", addresses: ["127.0.0.1"])
  }

  func serve(clientAuthorities: Bool = false) throws -> (TestServer, SocketAddress) {
    let server = try TestServer()
    let context = try TLSContext(
      certificates.files("server", clientAuthorities: clientAuthorities))
    return (server, try server.server.listen(host: "127.0.0.1", port: 0, tls: context))
  }

  func probe(_ address: SocketAddress, _ trust: ProbeTLS.Trust, as identity: String? = nil)
    -> HTTPProbe
  {
    HTTPProbe(
      host: address.host, port: UInt16(address.port),
      tls: ProbeTLS(
        trust: trust,
        identity: identity.map {
          (certificates.path("\($0).pem"), certificates.path("\($0).key"))
        }), timeout: .seconds(60))
  }

  @Test func `status and body of a plain answer are told`() throws {
    let server = try TestServer()
    let probe = HTTPProbe(host: "localhost", port: UInt16(server.address.port))
    #expect(try probe.get("/") == (200, "hello"))
    #expect(try probe.get("/nowhere").status == 404)
  }

  @Test func `a closed port is unreachable`() throws {
    let listener = unsafe csystem_listen("127.0.0.1", 0, 1)
    var address = csystem_address()
    let isKnown = unsafe csystem_local_address(listener, &address) == 0
    #expect(isKnown)
    csystem_close(listener)
    let port = address.port
    #expect(throws: ProbeError.unreachable(host: "127.0.0.1", port: port)) {
      try HTTPProbe(host: "127.0.0.1", port: port).get("/")
    }
  }

  @Test func `the very certificate of a file, its authority, or anyone is believed`() throws {
    let (server, address) = try serve()
    let trusts: [ProbeTLS.Trust] = [
      .certificate(file: certificates.path("server.pem")),
      .authorities(file: certificates.path("ca.pem")), .anyone,
    ]
    for trust in trusts { #expect(try probe(address, trust).get("/") == (200, "hello")) }
    withExtendedLifetime(server) {}
  }

  @Test func `a server with another certificate is not asked`() throws {
    try certificates.issue("other", addresses: ["127.0.0.1"])
    let stranger = try CertificateFactory()
    let (server, address) = try serve()
    let other = certificates.path("other.pem")
    #expect(throws: ProbeError.otherCertificate(file: other)) {
      try probe(address, .certificate(file: other)).get("/")
    }
    for authority in [stranger.path("ca.pem"), nil] {
      #expect {
        try probe(address, .authorities(file: authority)).get("/")
      } throws: { "\($0)".contains("certificate") }
    }
    #expect(server.observer.records.isEmpty)
  }

  @Test func `a certificate for another name is refused`() throws {
    try certificates.issue("server", addresses: ["127.0.0.2"])
    let (server, address) = try serve()
    #expect {
      try probe(address, .authorities(file: certificates.path("ca.pem"))).get("/")
    } throws: { "\($0)".contains("mismatch") }
    withExtendedLifetime(server) {}
  }

  @Test func `errors name the file`() throws {
    let (server, address) = try serve()
    let none = certificates.path("none.pem")
    for trust in [ProbeTLS.Trust.certificate(file: none), .authorities(file: none)] {
      #expect { try probe(address, trust).get("/") } throws: { "\($0)".contains("none.pem") }
    }
    #expect {
      try probe(address, .anyone, as: "none").get("/")
    } throws: { "\($0)".contains("none.pem") }
    withExtendedLifetime(server) {}
  }

  @Test func `a server that demands a certificate gets one`() throws {
    let (server, address) = try serve(clientAuthorities: true)
    #expect(try probe(address, .anyone, as: "server").get("/").status == 200)
    #expect { try probe(address, .anyone).get("/") } throws: {
      "\($0)".contains("certificate required")
    }
    withExtendedLifetime(server) {}
  }

  @Test func `a key that does not fit the certificate to show is named`() throws {
    try certificates.issue("other", addresses: ["127.0.0.1"])
    let (server, address) = try serve(clientAuthorities: true)
    let (chain, key) = (certificates.path("server.pem"), certificates.path("other.key"))
    let probe = HTTPProbe(
      host: address.host, port: UInt16(address.port),
      tls: ProbeTLS(trust: .anyone, identity: (chain, key)))
    #expect(throws: ProbeError.identity(.mismatch(certificate: chain, privateKey: key))) {
      try probe.get("/")
    }
    withExtendedLifetime(server) {}
  }

  @Test func `plain HTTP where TLS is expected, and the reverse, is no answer`() throws {
    let (server, address) = try serve()
    #expect(throws: ProbeError.noAnswer) {
      try HTTPProbe(host: address.host, port: UInt16(address.port)).get("/")
    }
    #expect { try probe(server.address, .anyone).get("/") } throws: {
      "\($0)".hasPrefix("the TLS handshake failed")
    }
  }
}
