import COpenSSL

/// The files of a TLS server, all PEM.
package struct TLSFiles: Sendable, Equatable {
  /// The server's certificate, followed by those that lead to its root.
  package let certificateChain: String
  package let privateKey: String
  /// Authorities of client certificates; nil where clients show none.
  package let clientAuthorities: String?

  package init(certificateChain: String, privateKey: String, clientAuthorities: String? = nil) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
    self.clientAuthorities = clientAuthorities
  }
}

/// A certificate with its key, loaded and found to fit.
///
/// `@unchecked Sendable`: besides a constant number it holds a pointer to an `SSL_CTX` that `init`
/// configures before anyone else sees it and nobody changes after that; OpenSSL counts its
/// references atomically and guards its session cache by a lock, so that connections on several
/// threads may be made from it.
@safe final class TLSCredentials: @unchecked Sendable {
  private let context: OpaquePointer
  /// Kept alive: the context refers to them.
  private let tickets: TLSTickets
  /// The end of the certificate's validity, in seconds since 1970.
  let notAfter: Int64

  /// Loads the files.
  ///
  /// - Parameters:
  ///   - files: what to load.
  ///   - tickets: those of the server.
  /// - Throws: ``TLSError``, naming the file.
  init(_ files: TLSFiles, tickets: TLSTickets) throws(TLSError) {
    ERR_clear_error()
    guard let context = unsafe copenssl_server_context() else { throw .outOfMemory }
    do {
      try unsafe Self.load(files, into: context)
    } catch {
      unsafe SSL_CTX_free(context)
      throw error
    }
    unsafe tickets.attach(to: context)
    unsafe self.context = context
    self.tickets = tickets
    notAfter = unsafe copenssl_not_after(context)
  }

  // Sessions hold references of their own, and transports one to this object.
  deinit { unsafe SSL_CTX_free(context) }

  private static func load(_ files: TLSFiles, into context: OpaquePointer) throws(TLSError) {
    try unsafe use(files.certificateChain, files.privateKey, in: context)
    guard let authorities = files.clientAuthorities else { return }
    guard unsafe copenssl_demand_client_certificate(context, authorities) == 1 else {
      throw .clientAuthority(file: authorities, reason: TLSError.lastReason())
    }
  }

  /// Gives a context, of a server or of a client, a certificate and its key.
  static func use(
    _ certificateChain: String, _ privateKey: String, in context: OpaquePointer
  ) throws(TLSError) {
    guard unsafe SSL_CTX_use_certificate_chain_file(context, certificateChain) == 1 else {
      throw .certificate(file: certificateChain, reason: TLSError.lastReason())
    }
    guard unsafe SSL_CTX_use_PrivateKey_file(context, privateKey, SSL_FILETYPE_PEM) == 1
    else {
      // OpenSSL compares the key with the certificate that is there already.
      let reason = TLSError.lastReason()
      guard !reason.contains("mismatch") else {
        throw .mismatch(certificate: certificateChain, privateKey: privateKey)
      }
      throw .privateKey(file: privateKey, reason: reason)
    }
    guard unsafe SSL_CTX_check_private_key(context) == 1 else {
      throw .mismatch(certificate: certificateChain, privateKey: privateKey)
    }
  }

  /// The server's side of a connection on an accepted socket; nil when memory is short.
  func makeTransport(descriptor: Int32) -> TLSTransport? {
    guard let session = unsafe SSL_new(context) else { return nil }
    guard unsafe SSL_set_fd(session, descriptor) == 1 else {
      unsafe SSL_free(session)
      return nil
    }
    unsafe SSL_set_accept_state(session)
    return unsafe TLSTransport(session: session, descriptor: descriptor, credentials: self)
  }
}
