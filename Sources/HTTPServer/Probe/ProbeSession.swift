import COpenSSL

/// The client's side of a TLS connection on a blocking socket.
@safe final class ProbeSession {
  private let context: OpaquePointer
  private let session: OpaquePointer

  /// Shakes hands, and finds out whether the server is the one that is meant.
  ///
  /// - Parameters:
  ///   - descriptor: a connected socket, which stays the caller's and outlives the session.
  ///   - host: the name or numeric address for which the server's certificate should be.
  ///   - tls: whom to believe, and who the client is.
  /// - Throws: ``ProbeError``.
  init(descriptor: Int32, host: String, tls: ProbeTLS) throws(ProbeError) {
    ERR_clear_error()
    guard let context = unsafe copenssl_client_context() else { throw .outOfMemory }
    // Both are freed by deinit; a session holds a reference of its own to its context.
    guard let session = try unsafe Self.makeSession(context, host: host, tls: tls) else {
      unsafe SSL_CTX_free(context)
      throw .outOfMemory
    }
    unsafe self.context = context
    unsafe self.session = session
    guard unsafe SSL_set_fd(session, descriptor) == 1 else { throw .outOfMemory }
    guard unsafe SSL_connect(session) == 1 else { throw .handshake(reason: failureReason) }
    guard case .certificate(let file) = tls.trust else { return }
    switch unsafe copenssl_shows_certificate(session, file) {
    case 1: return
    case 0: throw .otherCertificate(file: file)
    default: throw .file(file, reason: TLSError.lastReason())
    }
  }

  deinit {
    unsafe SSL_free(session)
    unsafe SSL_CTX_free(context)
  }

  /// Makes a session of a context, which it frees if it throws.
  private static func makeSession(
    _ context: OpaquePointer, host: String, tls: ProbeTLS
  ) throws(ProbeError) -> OpaquePointer? {
    do {
      if case .authorities(let file) = tls.trust { try unsafe trust(file, context) }
      if let identity = tls.identity { try unsafe use(identity, context) }
    } catch {
      unsafe SSL_CTX_free(context)
      throw error
    }
    guard let session = unsafe SSL_new(context) else { return nil }
    if case .authorities = tls.trust, unsafe copenssl_expect_name(session, host) != 1 {
      unsafe SSL_free(session)
      return nil
    }
    return unsafe session
  }

  private static func trust(_ file: String?, _ context: OpaquePointer) throws(ProbeError) {
    if let file {
      guard unsafe SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
        throw .file(file, reason: TLSError.lastReason())
      }
    } else {
      unsafe SSL_CTX_set_default_verify_paths(context)
    }
  }

  private static func use(
    _ identity: (certificateChain: String, privateKey: String), _ context: OpaquePointer
  ) throws(ProbeError) {
    do {
      try unsafe TLSCredentials.use(identity.certificateChain, identity.privateKey, in: context)
    } catch {
      throw .identity(error)
    }
  }

  /// What is wrong with the server's certificate, or else with the handshake.
  private var failureReason: String {
    let verdict = unsafe SSL_get_verify_result(session)
    guard verdict == Int(X509_V_OK) else {
      ERR_clear_error()
      return unsafe String(cString: X509_verify_cert_error_string(verdict))
    }
    return TLSError.lastReason()
  }

  /// Why the last `receive` failed, if TLS itself is the reason.
  var refusal: String? { ERR_peek_error() == 0 ? nil : TLSError.lastReason() }

  /// Sends bytes.
  ///
  /// - Returns: whether all of them were sent.
  func send(_ bytes: [UInt8]) -> Bool {
    ERR_clear_error()
    return unsafe SSL_write(session, bytes, Int32(clamping: bytes.count)) == bytes.count
  }

  /// Receives into a buffer.
  ///
  /// - Returns: the number of bytes; 0 or less at the end and for a failure.
  func receive(into buffer: inout [UInt8]) -> Int {
    ERR_clear_error()
    return unsafe buffer.withUnsafeMutableBytes {
      // The pointer and the count are those of the array, which outlives the call.
      Int(unsafe SSL_read(session, $0.baseAddress, Int32(clamping: $0.count)))
    }
  }
}
