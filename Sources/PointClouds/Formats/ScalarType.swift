/// A type of numbers in binary files.
enum ScalarType: Sendable, Equatable {
  case int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64

  /// The length of a number, in bytes.
  var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The number at an offset, which the caller has checked.
  @inline(__always)
  func value(_ bytes: [UInt8], at offset: Int, _ order: ByteOrder) -> Double {
    switch self {
    case .int8: Double(bytes.integer(Int8.self, at: offset, order))
    case .int16: Double(bytes.integer(Int16.self, at: offset, order))
    case .int32: Double(bytes.integer(Int32.self, at: offset, order))
    case .int64: Double(bytes.integer(Int64.self, at: offset, order))
    case .uint8: Double(bytes.integer(UInt8.self, at: offset, order))
    case .uint16: Double(bytes.integer(UInt16.self, at: offset, order))
    case .uint32: Double(bytes.integer(UInt32.self, at: offset, order))
    case .uint64: Double(bytes.integer(UInt64.self, at: offset, order))
    case .float32:
      Double(Float(bitPattern: bytes.integer(UInt32.self, at: offset, order)))
    case .float64: bytes.double(at: offset, order)
    }
  }

  /// Overwrites a number at an offset; false, without a change, where this type cannot hold it.
  func store(_ value: Double, in bytes: inout [UInt8], at offset: Int, _ order: ByteOrder) -> Bool {
    let bits: UInt64?
    switch self {
    case .int8: bits = Int8(exactly: value).map { UInt64(UInt8(bitPattern: $0)) }
    case .int16: bits = Int16(exactly: value).map { UInt64(UInt16(bitPattern: $0)) }
    case .int32: bits = Int32(exactly: value).map { UInt64(UInt32(bitPattern: $0)) }
    case .int64: bits = Int64(exactly: value).map { UInt64(bitPattern: $0) }
    case .uint8: bits = UInt8(exactly: value).map(UInt64.init)
    case .uint16: bits = UInt16(exactly: value).map(UInt64.init)
    case .uint32: bits = UInt32(exactly: value).map(UInt64.init)
    case .uint64: bits = UInt64(exactly: value)
    case .float32: bits = UInt64(Float(value).bitPattern)
    case .float64: bits = value.bitPattern
    }
    guard let bits else { return false }
    for byte in 0..<byteCount {
      let place = order == .littleEndian ? byte : byteCount - 1 - byte
      bytes[offset + place] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))
    }
    return true
  }
}
