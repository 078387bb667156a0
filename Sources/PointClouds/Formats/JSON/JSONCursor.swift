import FoundationEssentials

/// Reads the tokens of a JSON text one after the other (RFC 8259).
struct JSONCursor {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Moves behind a byte if it comes next, after white space.
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// Moves behind a byte that must come next, after white space.
  mutating func expect(
    _ byte: Unicode.Scalar, _ field: @autoclosure () -> String
  ) throws(CloudError) {
    guard take(byte) else { throw malformed(field(), "\"\(byte)\"") }
  }

  /// Reads a number.
  mutating func number(_ field: @autoclosure () -> String) throws(CloudError) -> Double {
    skipSpace()
    guard let value = DecimalNumber.read(bytes, at: &position, before: bytes.count, .json) else {
      throw malformed(field(), "a number")
    }
    return value
  }

  /// The most bytes of a key, far more than those of this format need.
  private static let keyByteCount = 1024

  /// Reads a string (RFC 8259, section 7).
  mutating func key(_ field: @autoclosure () -> String) throws(CloudError) -> String {
    try expect("\"", field())
    let start = position
    var isEscaped = false
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard bytes[position] >= 0x20 else {
        throw malformed(field(), "a key without control characters")
      }
      guard position - start < Self.keyByteCount else {
        throw malformed(field(), "a key of at most \(Self.keyByteCount) bytes")
      }
      if bytes[position] == UInt8(ascii: "\\") {
        isEscaped = true
        position += 1
      }
      position += 1
    }
    guard position < bytes.count else {
      position = bytes.count
      throw malformed(field(), "\"\"\"")
    }
    position += 1
    guard isEscaped else { return String(decoding: bytes[start..<position - 1], as: UTF8.self) }
    do {
      return try JSONDecoder().decode(String.self, from: Data(bytes[start - 1..<position]))
    } catch {
      position = start
      throw malformed(field(), "a key in JSON's escape sequences")
    }
  }

  /// Checks that only white space is left.
  mutating func expectEnd() throws(CloudError) {
    skipSpace()
    guard position == bytes.count else { throw malformed("document", "its end") }
  }

  /// A fault at the current position.
  func malformed(_ field: String, _ expected: String) -> CloudError {
    let found =
      position < bytes.count
      ? "\"\(String(decoding: bytes[position...].prefix(12), as: UTF8.self))\"" : "the end"
    return .malformed(
      format: "JSON", at: .byte(position), field: field, expected: expected, found: found)
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }
}
