/// One line of delimited text, divided into fields.
struct DelimitedLine {
  /// What stands between fields.
  enum Separator: Sendable {
    case comma, semicolon
    /// Any run of spaces and tabs.
    case blanks

    /// The separator that a line shows.
    init(of line: some Sequence<UInt8>) {
      self =
        line.contains(UInt8(ascii: ";"))
        ? .semicolon : line.contains(UInt8(ascii: ",")) ? .comma : .blanks
    }

    @inline(__always)
    func matches(_ byte: UInt8) -> Bool {
      switch self {
      case .comma: byte == UInt8(ascii: ",")
      case .semicolon: byte == UInt8(ascii: ";")
      case .blanks: DelimitedLine.isBlank(byte)
      }
    }
  }

  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  /// The part of a range left without blanks around it.
  static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(bytes[start]) { start += 1 }
    while start < end, isBlank(bytes[end - 1]) { end -= 1 }
    return start..<end
  }

  /// The next field of a line and the start of the one behind it, `nil` behind the last one.
  ///
  /// A field in double quotes may hold the separator; the quotes are part of it.
  @inline(__always)
  static func field(
    _ bytes: [UInt8], from start: Int, before end: Int, _ separator: Separator
  ) -> (field: Range<Int>, next: Int?) {
    var start = start
    while start < end, isBlank(bytes[start]) { start += 1 }
    var position = start
    if position < end, bytes[position] == UInt8(ascii: "\"") {
      repeat { position += 1 } while position < end && bytes[position] != UInt8(ascii: "\"")
    }
    while position < end, !separator.matches(bytes[position]) { position += 1 }
    var fieldEnd = position
    while fieldEnd > start, isBlank(bytes[fieldEnd - 1]) { fieldEnd -= 1 }
    return (start..<fieldEnd, position < end ? position + 1 : nil)
  }

  /// All fields of a line, which has no blanks around it.
  static func fields(_ bytes: [UInt8], _ line: Range<Int>, _ separator: Separator) -> [Range<Int>] {
    var fields: [Range<Int>] = []
    var next: Int? = line.lowerBound
    while let start = next {
      let (field, following) = field(bytes, from: start, before: line.upperBound, separator)
      fields.append(field)
      next = following
    }
    return fields
  }
}
