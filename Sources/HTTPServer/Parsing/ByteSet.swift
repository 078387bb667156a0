/// A set of ASCII bytes, refusing by default: what is not listed is not in it.
struct ByteSet: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// The letters and digits, and every byte of `others`.
  init(alphanumericsAnd others: StaticString) {
    for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { insert(byte) }
    for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { insert(byte) }
    for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { insert(byte) }
    for byte in others.description.utf8 { insert(byte) }
  }

  private mutating func insert(_ byte: UInt8) {
    precondition(byte < 128, "a byte set holds ASCII")
    if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
  }

  /// tchar (RFC 9110, section 5.6.2).
  static let token = ByteSet(alphanumericsAnd: "!#$%&'*+-.^_`|~")
  /// pchar and the slash (RFC 3986, section 3.3); escapes are checked when they are decoded.
  static let path = ByteSet(alphanumericsAnd: "-._~!$&'()*+,;=:@%/")
  /// The characters of a query (RFC 3986, section 3.4) and the brackets, braces and bar that
  /// widespread clients send without escaping them.
  static let query = ByteSet(alphanumericsAnd: "-._~!$&'()*+,;=:@%/?[]{}|")
  /// Those of a registered name or an IPv4 address (RFC 3986, section 3.2.2).
  static let registeredName = ByteSet(alphanumericsAnd: "-._~!$&'()*+,;=%")
  /// Those between the brackets of an IP literal.
  static let literalAddress = ByteSet(alphanumericsAnd: "-._~!$&'()*+,;=:")
}

extension Span where Element == UInt8 {
  /// The bytes of a range as text.
  ///
  /// Header text that is not UTF-8 is read as ISO-8859-1, which RFC 9110, section 5.5, calls its
  /// historic encoding.
  func text(_ range: Range<Int>) -> String {
    let bytes = extracting(range)
    if let valid = try? UTF8Span(validating: bytes) { return String(copying: valid) }
    var text = ""
    for index in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    return text
  }

  /// The range without spaces and tabs at both ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, self[lower] == 0x20 || self[lower] == 0x09 { lower += 1 }
    while lower < upper, self[upper - 1] == 0x20 || self[upper - 1] == 0x09 { upper -= 1 }
    return lower..<upper
  }

  /// The first place of a byte in a range.
  func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    for index in range where self[index] == byte { return index }
    return nil
  }
}
