/// The order of the bytes of a number in a file.
enum ByteOrder: Sendable {
  case littleEndian, bigEndian
}

extension [UInt8] {
  /// The integer at an offset; the caller has checked that it lies within the array.
  @inline(__always)
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at offset: Int, _ order: ByteOrder = .littleEndian
  ) -> Value {
    // The load checks its bounds, and every bit pattern is an integer.
    let loaded = unsafe span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
    return order == .littleEndian ? Value(littleEndian: loaded) : Value(bigEndian: loaded)
  }

  /// The IEEE 754 number at an offset; the caller has checked that it lies within the array.
  @inline(__always)
  func double(at offset: Int, _ order: ByteOrder = .littleEndian) -> Double {
    Double(bitPattern: integer(UInt64.self, at: offset, order))
  }

  /// The bytes of an integer, least significant first.
  mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    for byte in 0..<Value.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: value >> Value(8 * byte)))
    }
  }

  /// Overwrites bytes from an offset with those of an integer, least significant first.
  mutating func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    for byte in 0..<Value.bitWidth / 8 {
      self[offset + byte] = UInt8(truncatingIfNeeded: value >> Value(8 * byte))
    }
  }

  /// Text padded with zeros, or cut, to a length in bytes.
  mutating func append(_ text: String, paddedTo length: Int) {
    let bytes = text.utf8.prefix(length)
    append(contentsOf: bytes)
    append(contentsOf: repeatElement(0, count: length - bytes.count))
  }

  /// The text in a field of a length, up to its first zero.
  func text(at offset: Int, length: Int) -> String {
    String(decoding: self[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
  }
}
