/// Where requests go: http://address:port.
package struct LoadTarget: Sendable, Equatable {
  /// A numeric address.
  package let host: String
  package let port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses http://address:port, without a path; the port is 80 where none is given.
  ///
  /// - Throws: `BenchmarkError.invalid`.
  package init(url: String) throws(BenchmarkError) {
    let invalid = BenchmarkError.invalid(
      name: "--url", expected: "http:// with a numeric address and a port", found: url)
    guard url.hasPrefix("http://") else { throw invalid }
    var authority = url.dropFirst("http://".count)
    if authority.hasSuffix("/") { authority = authority.dropLast() }
    guard !authority.contains("/"), !authority.isEmpty else { throw invalid }
    var portText: Substring = "80"
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { throw invalid }
      let rest = authority[authority.index(after: end)...]
      if !rest.isEmpty {
        guard rest.hasPrefix(":") else { throw invalid }
        portText = rest.dropFirst()
      }
      host = String(authority[authority.index(after: authority.startIndex)..<end])
    } else {
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2 else { throw invalid }
      host = parts[0] == "localhost" ? "127.0.0.1" : String(parts[0])
      if parts.count == 2 { portText = parts[1] }
    }
    guard !host.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(portText), port > 0
    else { throw invalid }
    self.port = port
  }

  /// address:port, IPv6 in brackets.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
