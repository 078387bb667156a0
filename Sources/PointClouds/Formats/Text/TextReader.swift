import Batching

/// Reads points from lines of numbers: XYZ, CSV and their relatives.
///
/// Fields stand between commas, semicolons or blanks; the first line tells which. A first line that
/// names columns, also one within a comment, says what they hold; without one the first three
/// columns are x, y and z, and others are left aside. Lines that begin with "#" or "//" are comments.
struct TextReader {
  private let bytes: [UInt8]
  private let maximumPointCount: Int
  private let sharing: WorkSharing
  private var separator = DelimitedLine.Separator.blanks
  /// What each column holds; `nil` until the first line has told.
  private var roles: [CloudColumns.Role?]?
  /// `[points, columns with a role]`, row-major.
  private var table: [Double] = []
  private var pointCount = 0

  /// Reads all lines of `bytes`.
  ///
  /// Throws `CloudError.malformed` with line and column, `.tooManyPoints`, `.empty`, `.nonFinite`,
  /// `.attributeRange` and `.abandoned`.
  static func cloud(
    _ bytes: [UInt8], maximumPointCount: Int, on sharing: WorkSharing
  ) throws(CloudError) -> PointCloud {
    var reader = TextReader(bytes, maximumPointCount: maximumPointCount, on: sharing)
    try reader.readLines()
    guard reader.pointCount > 0, let roles = reader.roles else { throw .empty }
    return try CloudColumns(table: reader.table, roles: roles.compactMap(\.self))
      .cloud(on: sharing)
  }

  private init(_ bytes: [UInt8], maximumPointCount: Int, on sharing: WorkSharing) {
    self.bytes = bytes
    self.maximumPointCount = maximumPointCount
    self.sharing = sharing
  }

  private mutating func readLines() throws(CloudError) {
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var start = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    var number = 1
    while start < bytes.count {
      try sharing.checkpoint(atStep: number)
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let isCarriageReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
      let content = DelimitedLine.trimmed(bytes, start..<(isCarriageReturn ? end - 1 : end))
      if !content.isEmpty {
        try readLine(content, Line(number: number, start: start))
      }
      start = end + 1
      number += 1
    }
  }

  private struct Line {
    let number: Int
    let start: Int

    func malformed(
      at position: Int, _ field: String, _ expected: String, _ found: String
    ) -> CloudError {
      .malformed(
        format: "text", at: .line(number, column: position - start + 1), field: field,
        expected: expected, found: found)
    }
  }

  private mutating func readLine(_ content: Range<Int>, _ line: Line) throws(CloudError) {
    if let comment = commentLength(content) {
      let rest = DelimitedLine.trimmed(
        bytes, content.lowerBound + comment..<content.upperBound)
      if roles == nil, let named = namedRoles(rest), Self.holdsPosition(named) {
        adopt(named, rest)
      }
    } else if let roles {
      try readPoint(content, line, roles)
    } else if startsWithNumber(content) {
      let separator = DelimitedLine.Separator(of: bytes[content])
      let count = DelimitedLine.fields(bytes, content, separator).count
      guard count >= 3 else {
        throw line.malformed(at: content.lowerBound, "columns", "at least 3", "\(count)")
      }
      let named: [CloudColumns.Role?] =
        [.x, .y, .z] + [CloudColumns.Role?](repeating: nil, count: count - 3)
      adopt(named, content)
      try readPoint(content, line, named)
    } else {
      guard let named = namedRoles(content), Self.holdsPosition(named) else {
        throw line.malformed(
          at: content.lowerBound, "header", "columns x, y and z, each once",
          String(decoding: bytes[content].prefix(80), as: UTF8.self))
      }
      adopt(named, content)
    }
  }

  private mutating func adopt(_ named: [CloudColumns.Role?], _ content: Range<Int>) {
    separator = DelimitedLine.Separator(of: bytes[content])
    roles = named
  }

  private mutating func readPoint(
    _ content: Range<Int>, _ line: Line, _ roles: [CloudColumns.Role?]
  ) throws(CloudError) {
    guard pointCount < maximumPointCount else {
      throw .tooManyPoints(limit: maximumPointCount, found: pointCount + 1)
    }
    var next: Int? = content.lowerBound
    for (column, role) in roles.enumerated() {
      guard let start = next else {
        throw line.malformed(at: content.upperBound, "columns", "\(roles.count)", "\(column)")
      }
      let field: Range<Int>
      (field, next) = DelimitedLine.field(
        bytes, from: start, before: content.upperBound, separator)
      guard let role else { continue }
      var position = field.lowerBound
      let value = DecimalNumber.read(bytes, at: &position, before: field.upperBound, .text)
      guard let value, position == field.upperBound else {
        throw line.malformed(
          at: field.lowerBound, role.name, "a number",
          "\"\(String(decoding: bytes[field].prefix(40), as: UTF8.self))\"")
      }
      table.append(value)
    }
    if let extra = next {
      throw line.malformed(at: extra, "columns", "\(roles.count)", "more")
    }
    pointCount += 1
  }

  private func commentLength(_ content: Range<Int>) -> Int? {
    let line = bytes[content]
    if line.first == UInt8(ascii: "#") { return 1 }
    return line.starts(with: Array("//".utf8)) ? 2 : nil
  }

  private func startsWithNumber(_ content: Range<Int>) -> Bool {
    let separator = DelimitedLine.Separator(of: bytes[content])
    let (field, _) = DelimitedLine.field(
      bytes, from: content.lowerBound, before: content.upperBound, separator)
    var position = field.lowerBound
    let value = DecimalNumber.read(bytes, at: &position, before: field.upperBound, .text)
    return value != nil && position == field.upperBound
  }

  /// The roles that a line of names gives to the columns; `nil` where two have the same.
  private func namedRoles(_ content: Range<Int>) -> [CloudColumns.Role?]? {
    let separator = DelimitedLine.Separator(of: bytes[content])
    let named = DelimitedLine.fields(bytes, content, separator).map {
      CloudColumns.Role(columnName: String(decoding: bytes[$0], as: UTF8.self))
    }
    let known = named.compactMap(\.self)
    return Set(known).count == known.count ? named : nil
  }

  private static func holdsPosition(_ named: [CloudColumns.Role?]) -> Bool {
    named.contains(.x) && named.contains(.y) && named.contains(.z)
  }
}
