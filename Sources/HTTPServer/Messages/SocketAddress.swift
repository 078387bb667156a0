/// An IP address and a TCP port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  /// The numeric address, IPv6 without brackets.
  package let host: String
  package let port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Whether the host stands in brackets in front of its port, as that of IPv6 does.
  package var hostIsBracketed: Bool { host.utf8.contains(UInt8(ascii: ":")) }

  /// `host:port` as it stands in a URL, IPv6 in brackets.
  package var description: String {
    hostIsBracketed ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
