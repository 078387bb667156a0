import COpenSSL

/// Why a certificate, a key or an authority cannot be used.
package enum TLSError: Error, Sendable, Equatable, CustomStringConvertible {
  case outOfMemory
  /// The chain is not PEM, is empty, or the file cannot be read.
  case certificate(file: String, reason: String)
  /// The key is not PEM, needs a passphrase, or the file cannot be read.
  case privateKey(file: String, reason: String)
  /// The key does not belong to the certificate.
  case mismatch(certificate: String, privateKey: String)
  case clientAuthority(file: String, reason: String)

  package var description: String {
    switch self {
    case .outOfMemory: "no memory for TLS"
    case .certificate(let file, let reason): "certificate \(file): \(reason)"
    case .privateKey(let file, let reason): "private key \(file): \(reason)"
    case .mismatch(let certificate, let privateKey):
      "private key \(privateKey) does not belong to certificate \(certificate)"
    case .clientAuthority(let file, let reason): "client authority \(file): \(reason)"
    }
  }

  /// The oldest error of this thread's queue as text; empties the queue.
  static func lastReason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else { return "unknown" }
    var text = [CChar](repeating: 0, count: 256)
    // OpenSSL writes at most the count given, NUL included.
    unsafe text.withUnsafeMutableBufferPointer {
      unsafe ERR_error_string_n(code, $0.baseAddress, $0.count)
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
