/// How a probe speaks TLS.
package struct ProbeTLS: Sendable {
  /// Which server the probe believes.
  package enum Trust: Sendable, Equatable {
    /// One whose certificate is the first of a PEM file, whatever names and dates are in it.
    case certificate(file: String)
    /// One whose certificate is for the probed host and leads to an authority of a PEM file, or of
    /// the system where there is no file.
    case authorities(file: String?)
    /// Any.
    case anyone
  }

  package let trust: Trust
  /// The probe's own certificate and key, for servers that demand one.
  package let identity: (certificateChain: String, privateKey: String)?

  package init(
    trust: Trust, identity: (certificateChain: String, privateKey: String)? = nil
  ) {
    self.trust = trust
    self.identity = identity
  }
}
