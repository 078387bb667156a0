/// A media type without its parameters (RFC 9110, section 8.3.1), in small letters.
package struct MediaType: Sendable, Hashable, CustomStringConvertible {
  package let type: String
  package let subtype: String

  /// Parses `type/subtype`, with or without parameters behind it; nil when it is malformed.
  package init?(_ text: String) {
    let essence = text.prefix { $0 != ";" }.trimmingOptionalWhitespace
    let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(ByteSet.token.contains) })
    else { return nil }
    type = parts[0].lowercased()
    subtype = parts[1].lowercased()
  }

  package var description: String { "\(type)/\(subtype)" }
}
