/// Descriptors of the extra bytes of point records (LAS 1.4 R15, table 24).
enum LASExtraBytes {
  /// The length of one descriptor, in bytes.
  static let descriptorLength = 192

  /// One described dimension.
  struct Dimension {
    let name: String
    let isFloat32: Bool
    /// From the first extra byte of a point record.
    let offset: Int
    let length: Int
  }

  /// The dimensions that the whole descriptors in a payload describe, in order.
  static func dimensions(_ bytes: [UInt8], _ payload: Range<Int>) -> [Dimension] {
    var dimensions: [Dimension] = []
    var offset = 0
    for number in 0..<payload.count / descriptorLength {
      let start = payload.lowerBound + number * descriptorLength
      let (dataType, options) = (bytes[start + 2], bytes[start + 3])
      let length = length(dataType: dataType, options: options)
      dimensions.append(
        Dimension(
          name: bytes.text(at: start + 4, length: 32), isFloat32: dataType == 9, offset: offset,
          length: length))
      offset += length
    }
    return dimensions
  }

  /// How many bytes of a point record the descriptors in a payload account for.
  static func describedLength(_ bytes: [UInt8], _ payload: Range<Int>) -> Int {
    dimensions(bytes, payload).last.map { $0.offset + $0.length } ?? 0
  }

  /// Describes `count` bytes of unknown meaning, 1 to 255.
  static func undocumented(count: UInt8) -> [UInt8] {
    descriptor(dataType: 0, options: count, name: "undocumented", description: "unregistered bytes")
  }

  /// Describes a float32.
  static func float32(name: String, description: String) -> [UInt8] {
    descriptor(dataType: 9, options: 0, name: name, description: description)
  }

  /// Types 1 to 10 are one number; 11 to 30 were, before revision 14, arrays of two and three.
  private static func length(dataType: UInt8, options: UInt8) -> Int {
    guard (1...30).contains(dataType) else { return dataType == 0 ? Int(options) : 0 }
    let (arity, type) = Int(dataType - 1).quotientAndRemainder(dividingBy: 10)
    return (arity + 1) * [1, 1, 2, 2, 4, 4, 8, 8, 4, 8][type]
  }

  private static func descriptor(
    dataType: UInt8, options: UInt8, name: String, description: String
  ) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, dataType, options]
    bytes.append(name, paddedTo: 32)
    bytes.append(contentsOf: repeatElement(0, count: 124))
    bytes.append(description, paddedTo: 32)
    return bytes
  }
}
