import COpenSSL

/// A connection through TLS.
///
/// Confined to its event loop, as an `SSL` object must be.
@safe final class TLSTransport: Transport {
  let descriptor: Int32
  /// A receive returns one record at most, and several may be here.
  let shortReceiveMeansDrained = false
  private(set) var peer: TLSPeer?

  private let session: OpaquePointer
  /// Kept alive as long as the session.
  private let credentials: TLSCredentials

  /// Takes over a session of the credentials whose socket is set.
  @unsafe init(session: OpaquePointer, descriptor: Int32, credentials: TLSCredentials) {
    unsafe self.session = session
    self.credentials = credentials
    self.descriptor = descriptor
  }

  deinit { unsafe SSL_free(session) }

  func shakeHands() -> SystemCall.Transfer {
    ERR_clear_error()
    let status = unsafe SSL_do_handshake(session)
    guard status == 1 else { return outcome(status) }
    peer = readPeer()
    return .bytes(0)
  }

  private func readPeer() -> TLSPeer {
    var subject = [CChar](repeating: 0, count: 512)
    // OpenSSL writes at most the count given, NUL included.
    let hasSubject = unsafe subject.withUnsafeMutableBufferPointer {
      unsafe copenssl_client_subject(session, $0.baseAddress, Int32($0.count)) == 1
    }
    let text = String(
      decoding: subject.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return TLSPeer(
      version: unsafe String(cString: SSL_get_version(session)),
      cipher: unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(session))),
      clientSubject: hasSubject ? text : nil)
  }

  func receive(into buffer: inout [UInt8]) -> SystemCall.Transfer {
    ERR_clear_error()
    let count = unsafe buffer.withUnsafeMutableBytes {
      // The pointer and the count are those of the array, which outlives the call.
      unsafe SSL_read(session, $0.baseAddress, Int32(clamping: $0.count))
    }
    return count > 0 ? .bytes(Int(count)) : outcome(count)
  }

  func send(
    _ first: borrowing Span<UInt8>, _ second: borrowing Span<UInt8>
  ) -> SystemCall.Transfer {
    let sent = send(first)
    // Only a whole first piece may be followed by the second.
    guard case .bytes(let count) = sent, count == first.count, second.count > 0,
      case .bytes(let more) = send(second)
    else { return sent }
    return .bytes(count + more)
  }

  private func send(_ piece: borrowing Span<UInt8>) -> SystemCall.Transfer {
    ERR_clear_error()
    let count = unsafe piece.withUnsafeBufferPointer {
      // The pointer and the count are those of the span, which outlives the call.
      unsafe SSL_write(session, $0.baseAddress, Int32(clamping: $0.count))
    }
    return count > 0 ? .bytes(Int(count)) : outcome(count)
  }

  private func outcome(_ status: Int32) -> SystemCall.Transfer {
    switch unsafe SSL_get_error(session, status) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .wouldBlock
    case SSL_ERROR_ZERO_RETURN: .end
    default: .failed(code: 0)
    }
  }

  func finishSending() {
    ERR_clear_error()
    // Sends the closing alert if it can; the peer's own is not waited for.
    if unsafe SSL_is_init_finished(session) == 1 { unsafe SSL_shutdown(session) }
    SystemCall.finishSending(descriptor)
  }
}
