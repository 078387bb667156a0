/// The syntax of `Host` (RFC 9110, section 7.2): `uri-host [ ":" port ]`.
enum HostField {
  /// Whether the value is a host and possibly a port.
  ///
  /// An empty value is: a client whose target has no authority sends one.
  static func isValid(_ value: String) -> Bool {
    var rest = value.utf8[...]
    if rest.first == UInt8(ascii: "[") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let address = rest[rest.index(after: rest.startIndex)..<end]
      guard !address.isEmpty, address.allSatisfy(ByteSet.literalAddress.contains) else {
        return false
      }
      rest = rest[rest.index(after: end)...]
    } else {
      let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      let name = rest[..<end]
      guard name.allSatisfy(ByteSet.registeredName.contains) else { return false }
      if name.contains(UInt8(ascii: "%")),
        PercentEncoding.decode(value[..<end].utf8, plusIsSpace: false) == nil
      {
        return false
      }
      rest = rest[end...]
    }
    guard let colon = rest.first else { return true }
    guard colon == UInt8(ascii: ":") else { return false }
    var port = 0
    for digit in rest.dropFirst() {
      guard digit >= 0x30, digit <= 0x39 else { return false }
      port = port * 10 + Int(digit - 0x30)
      guard port <= UInt16.max else { return false }
    }
    return true
  }
}
