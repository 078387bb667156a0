/// Why a probe got no answer.
package enum ProbeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Nobody listens, or the host has no address.
  case unreachable(host: String, port: UInt16)
  case outOfMemory
  /// A file with certificates to believe cannot be used.
  case file(String, reason: String)
  /// The certificate and the key to show cannot be used.
  case identity(TLSError)
  /// The handshake failed; the server's certificate may be the reason.
  case handshake(reason: String)
  /// The server shows another certificate than the file's.
  case otherCertificate(file: String)
  /// The connection ended, or stayed silent for too long, before an answer was complete.
  case noAnswer

  package var description: String {
    switch self {
    case .unreachable(let host, let port): "nobody answers at \(host), port \(port)"
    case .outOfMemory: "no memory for TLS"
    case .file(let file, let reason): "\(file): \(reason)"
    case .identity(.mismatch(let certificate, let privateKey)):
      "\(TLSError.mismatch(certificate: certificate, privateKey: privateKey)), so there is none to "
        + "show to a service that demands one; it may be ready with the pair that it read before"
    case .identity(let error): "\(error)"
    case .handshake(let reason): "the TLS handshake failed: \(reason)"
    case .otherCertificate(let file): "the service shows another certificate than that of \(file)"
    case .noAnswer: "no answer"
    }
  }
}
