import COpenSSL

@testable import HTTPServer

/// A blocking TLS client that trusts one authority.
@safe final class TLSClient {
  enum Failure: Error { case noMemory, handshake(String), reading, writing }

  /// What a client remembers of a connection to resume it.
  @safe final class Ticket {
    fileprivate let session: OpaquePointer
    fileprivate init(_ session: OpaquePointer) { unsafe self.session = session }
    // One reference was handed over to `init`.
    deinit { unsafe SSL_SESSION_free(session) }
  }

  private let client: TestClient
  private let context: OpaquePointer
  private let session: OpaquePointer

  /// Connects and shakes hands.
  ///
  /// - Parameters:
  ///   - address: the server.
  ///   - authority: PEM file of the authority to trust.
  ///   - identity: base path of the client's `.pem` and `.key`.
  ///   - protocols: for ALPN, in wire format.
  ///   - maximumVersion: the latest version to offer.
  ///   - ticket: of an earlier connection.
  /// - Throws: ``Failure`` when the connection or the handshake fails.
  init(
    _ address: SocketAddress, authority: String, identity: String? = nil, protocols: [UInt8] = [],
    maximumVersion: Int32 = TLS1_3_VERSION, ticket: Ticket? = nil
  ) throws {
    client = try TestClient(address)
    // Both are freed by deinit; OpenSSL copies what it is given.
    guard let context = unsafe SSL_CTX_new(TLS_client_method()),
      let session = unsafe Self.makeSession(context, authority, identity, maximumVersion)
    else { throw Failure.noMemory }
    unsafe self.context = context
    unsafe self.session = session
    if !protocols.isEmpty {
      unsafe SSL_set_alpn_protos(session, protocols, UInt32(protocols.count))
    }
    if let ticket { unsafe SSL_set_session(session, ticket.session) }
    unsafe SSL_set_fd(session, client.descriptor)
    ERR_clear_error()
    guard unsafe SSL_connect(session) == 1 else { throw Failure.handshake(TLSError.lastReason()) }
  }

  deinit {
    unsafe SSL_free(session)
    unsafe SSL_CTX_free(context)
  }

  private static func makeSession(
    _ context: OpaquePointer, _ authority: String, _ identity: String?, _ maximumVersion: Int32
  ) -> OpaquePointer? {
    unsafe SSL_CTX_load_verify_locations(context, authority, nil)
    unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
    unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil)
    if let identity {
      unsafe SSL_CTX_use_certificate_chain_file(context, identity + ".pem")
      unsafe SSL_CTX_use_PrivateKey_file(context, identity + ".key", SSL_FILETYPE_PEM)
    }
    return unsafe SSL_new(context)
  }

  /// Sends bytes.
  func send(_ bytes: [UInt8]) throws {
    guard unsafe SSL_write(session, bytes, Int32(bytes.count)) == bytes.count else {
      throw Failure.writing
    }
  }

  /// Receives until the text is there, and returns all of it.
  func receive(through end: String) throws -> String {
    var text = ""
    while !text.hasSuffix(end) { text += String(decoding: try receive(), as: UTF8.self) }
    return text
  }

  /// Some bytes.
  func receive() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = unsafe SSL_read(session, &buffer, Int32(buffer.count))
    guard count > 0 else { throw Failure.reading }
    return Array(buffer[..<Int(count)])
  }

  var isResumed: Bool { unsafe SSL_session_reused(session) == 1 }

  /// What ALPN agreed on; empty for nothing.
  var protocolName: String {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(session, &name, &count)
    // The name lives in the session, as long as its count says.
    return unsafe String(
      decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  /// The subject of the server's certificate.
  var serverSubject: String {
    var text = [CChar](repeating: 0, count: 256)
    unsafe copenssl_client_subject(session, &text, Int32(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What resumes this connection; nil before the server has sent it.
  func ticket() -> Ticket? { unsafe SSL_get1_session(session).map { unsafe Ticket($0) } }
}
