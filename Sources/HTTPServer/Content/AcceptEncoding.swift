/// Which codings a client takes (RFC 9110, section 12.5.3).
package struct AcceptEncoding: Sendable {
  private let members: [WeightedMember]

  package init(_ headers: HTTPHeaders) {
    members = WeightedMember.list(headers, "Accept-Encoding")
  }

  /// The coding to use: the one of greatest weight, gzip before deflate; nil for none, which is
  /// also the answer to a client that says nothing.
  package var preferred: ContentCoding? {
    let candidates: [ContentCoding] = [.gzip, .deflate]
    let best = candidates.max { weight(of: $0) < weight(of: $1) }
    guard let best, weight(of: best) > 0 else { return nil }
    let identity = members.first { $0.name == "identity" }?.weight ?? 0
    return weight(of: best) >= identity ? weight(of: .gzip) == weight(of: best) ? .gzip : best : nil
  }

  private func weight(of coding: ContentCoding) -> Int {
    let names = coding == .gzip ? ["gzip", "x-gzip"] : [coding.rawValue]
    let named = members.first { names.contains($0.name) }
    return (named ?? members.first { $0.name == "*" })?.weight ?? 0
  }
}
