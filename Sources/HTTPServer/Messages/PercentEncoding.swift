/// Percent-decoding (RFC 3986, section 2.1).
enum PercentEncoding {
  /// The decoded text; nil when an escape is malformed, when the bytes are not UTF-8, or when
  /// they contain NUL, which no path or query of ours can mean.
  static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(hexDigitValue),
          let low = rest.popFirst().flatMap(hexDigitValue), high | low != 0
        else { return nil }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// 0 to 15 for a hexadecimal digit; nil for anything else.
  static func hexDigitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
