package import Layers

/// Reads JSON (RFC 8259) into a tree of configuration values.
///
/// Stricter than most readers, because its texts decide how weights are read: a key that occurs
/// twice in one object, an unpaired surrogate, invalid UTF-8 and anything after the value are
/// refused, and nesting is limited. Integers within `Int` stay integers; all other numbers become
/// doubles.
package struct JSONReader {
  /// How deep arrays and objects may nest unless the caller says otherwise.
  package static let defaultMaximumDepth = 64

  private let bytes: ArraySlice<UInt8>
  private let maximumDepth: Int
  /// Values that may still come.
  private var valuesLeft: Int
  private let maximumValueCount: Int
  private var position: Int

  private init(_ bytes: ArraySlice<UInt8>, maximumDepth: Int, maximumValueCount: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
    self.maximumValueCount = maximumValueCount
    valuesLeft = maximumValueCount
    position = bytes.startIndex
  }

  /// Reads the one value that the text holds.
  ///
  /// - Parameters:
  ///   - bytes: the text, UTF-8; spaces around the value are allowed.
  ///   - maximumDepth: how many arrays and objects may be open at once.
  ///   - maximumValueCount: how many values there may be, since a tree takes more memory than its
  ///     text.
  /// - Returns: the value as a tree.
  /// - Throws: `JSONError` with the offset within `bytes`.
  package static func read(
    _ bytes: some Sequence<UInt8>, maximumDepth: Int = defaultMaximumDepth,
    maximumValueCount: Int = .max
  ) throws(JSONError) -> ConfigValue {
    // A fresh array starts at index 0, so positions are the offsets that errors report.
    var reader = JSONReader(
      Array(bytes)[...], maximumDepth: maximumDepth, maximumValueCount: maximumValueCount)
    let value = try reader.readValue(depth: 0)
    reader.skipSpaces()
    guard reader.peek() == nil else { throw reader.unexpected("the end of the text") }
    return value
  }

  private mutating func readValue(depth: Int) throws(JSONError) -> ConfigValue {
    skipSpaces()
    guard valuesLeft > 0 else {
      throw .tooManyValues(offset: position, limit: maximumValueCount)
    }
    valuesLeft -= 1
    guard let byte = peek() else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
    case UInt8(ascii: "["): return try readArray(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readLiteral("true", .bool(true))
    case UInt8(ascii: "f"): return try readLiteral("false", .bool(false))
    case UInt8(ascii: "n"): return try readLiteral("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
    default: throw unexpected("a value")
    }
  }

  private mutating func readObject(depth: Int) throws(JSONError) -> ConfigValue {
    try enter(depth: depth)
    var members: [String: ConfigValue] = [:]
    skipSpaces()
    if consume("}") { return .object(members) }
    repeat {
      skipSpaces()
      guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotation marks") }
      let keyOffset = position
      let key = try readString()
      skipSpaces()
      guard consume(":") else { throw unexpected("':'") }
      let value = try readValue(depth: depth)
      guard members.updateValue(value, forKey: key) == nil else {
        throw .duplicateKey(offset: keyOffset, key: key)
      }
      skipSpaces()
    } while consume(",")
    guard consume("}") else { throw unexpected("',' or '}'") }
    return .object(members)
  }

  private mutating func readArray(depth: Int) throws(JSONError) -> ConfigValue {
    try enter(depth: depth)
    var elements: [ConfigValue] = []
    skipSpaces()
    if consume("]") { return .array(elements) }
    repeat {
      elements.append(try readValue(depth: depth))
      skipSpaces()
    } while consume(",")
    guard consume("]") else { throw unexpected("',' or ']'") }
    return .array(elements)
  }

  /// Steps over the opening bracket.
  private mutating func enter(depth: Int) throws(JSONError) {
    guard depth <= maximumDepth else {
      throw .nestedTooDeeply(offset: position, limit: maximumDepth)
    }
    position += 1
  }

  private mutating func readLiteral(
    _ text: StaticString, _ value: ConfigValue
  ) throws(JSONError) -> ConfigValue {
    let start = position
    for expected in String(describing: text).utf8 {
      guard peek() == expected else {
        position = start
        throw unexpected("\(text)")
      }
      position += 1
    }
    return value
  }

  /// `number = [ "-" ] int [ frac ] [ exp ]`, RFC 8259 section 6.
  private mutating func readNumber() throws(JSONError) -> ConfigValue {
    let start = position
    var isInteger = true
    _ = consume("-")
    if !consume("0") { try skipDigits() }
    if consume(".") {
      isInteger = false
      try skipDigits()
    }
    if consume("e") || consume("E") {
      isInteger = false
      if !consume("+") { _ = consume("-") }
      try skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw .numberOutOfRange(offset: start, text: String(text.prefix(40)))
    }
    return .number(number)
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = position
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    guard position > start else { throw unexpected("a digit") }
  }

  /// Reads a string from its opening to its closing quotation mark.
  private mutating func readString() throws(JSONError) -> String {
    position += 1
    let start = position
    var content: [UInt8] = []
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          throw .invalidString(offset: start, reason: "invalid UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        content.append(contentsOf: try readEscape())
      case 0..<0x20:
        throw unexpected("no control character in a string")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw .truncated(offset: position, expected: "'\"'")
  }

  /// Reads one escape sequence; the UTF-8 that it stands for.
  private mutating func readEscape() throws(JSONError) -> [UInt8] {
    let start = position
    position += 1
    guard let byte = peek() else {
      throw .truncated(offset: position, expected: "an escape sequence")
    }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): break
    default:
      position = start
      throw unexpected("an escape sequence that JSON knows")
    }
    var code = try readHexadecimal()
    if (0xD800..<0xDC00).contains(code) {
      guard consume("\\"), consume("u") else {
        throw .invalidString(offset: start, reason: "an unpaired surrogate")
      }
      let low = try readHexadecimal()
      guard (0xDC00..<0xE000).contains(low) else {
        throw .invalidString(offset: start, reason: "an unpaired surrogate")
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw .invalidString(offset: start, reason: "an unpaired surrogate")
    }
    return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private mutating func readHexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func skipSpaces() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func peek() -> UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func consume(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private func unexpected(_ expected: String) -> JSONError {
    guard let byte = peek() else { return .truncated(offset: position, expected: expected) }
    let found =
      (0x21...0x7E).contains(byte)
      ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
    return .unexpected(offset: position, expected: expected, found: found)
  }
}
