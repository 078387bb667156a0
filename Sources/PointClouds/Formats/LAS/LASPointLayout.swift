/// Where the fields of a LAS point record are (LAS 1.4 R15, tables 7 to 17).
struct LASPointLayout: Sendable, Equatable {
  /// Point data record format, 0 to 10.
  let format: UInt8

  /// `nil` for a format that LAS does not define.
  init?(format: UInt8) {
    guard format <= 10 else { return nil }
    self.format = format
  }

  /// Formats 0 to 5 hold three-bit return numbers and five-bit classes.
  var isLegacy: Bool { format < 6 }

  /// The length of the fields that the format defines, in bytes; extra bytes follow.
  var baseLength: Int { [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67][Int(format)] }

  /// The offset of red, green and blue, two bytes each.
  var colorOffset: Int? {
    switch format {
    case 2: 20
    case 3, 5: 28
    case 7, 8, 10: 30
    default: nil
    }
  }

  static let intensityOffset = 12
  static let returnsOffset = 14

  /// The offset of the byte that holds the class.
  var classificationOffset: Int { isLegacy ? 15 : 16 }

  /// The bits of that byte that hold the class; the others are flags.
  var classificationMask: UInt8 { isLegacy ? 0x1F : 0xFF }

  /// Splits the byte at `returnsOffset` into return number and number of returns.
  func returns(_ byte: UInt8) -> (number: UInt8, count: UInt8) {
    isLegacy ? (byte & 7, byte >> 3 & 7) : (byte & 15, byte >> 4)
  }
}
