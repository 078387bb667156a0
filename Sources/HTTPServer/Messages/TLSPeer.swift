/// What a TLS handshake agreed on and proved about the client.
package struct TLSPeer: Sendable, Equatable {
  /// For example `TLSv1.3`.
  package let version: String
  /// The cipher suite by OpenSSL's name.
  package let cipher: String
  /// Subject of the verified client certificate; nil when the client showed none.
  package let clientSubject: String?

  package init(version: String, cipher: String, clientSubject: String?) {
    self.version = version
    self.cipher = cipher
    self.clientSubject = clientSubject
  }
}
