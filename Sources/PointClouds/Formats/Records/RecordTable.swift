import Batching

/// Where the points of a file are that keeps each as a record of numbers, and what these mean.
struct RecordTable: Sendable {
  /// How the numbers of the records are written.
  enum Encoding: Sendable, Equatable {
    /// One line for each record, numbers between blanks.
    case ascii
    case binary(ByteOrder)
  }

  /// A number of every record.
  struct Column: Sendable {
    let name: String
    let type: ScalarType
  }

  /// The name of the format, for errors.
  let format: String
  /// What the format calls a record, for errors.
  let noun: String
  let encoding: Encoding
  let columns: [Column]
  /// The number of records.
  let count: Int
  /// The bytes of the records within the file.
  let data: Range<Int>

  /// The length of a binary record, in bytes.
  var recordLength: Int { columns.reduce(0) { $0 + $1.type.byteCount } }

  /// The roles of the columns; of several columns with one role the first one counts.
  var roles: [CloudColumns.Role?] {
    var roles: [CloudColumns.Role?] = []
    for column in columns {
      let role = CloudColumns.Role(columnName: column.name)
      roles.append(role.flatMap { roles.contains($0) ? nil : $0 })
    }
    return roles
  }

  /// The columns with a role.
  ///
  /// Throws `CloudError.malformed` where ascii records are no numbers, or too few or many, and
  /// `.abandoned`.
  func cloudColumns(
    _ bytes: [UInt8], on sharing: WorkSharing
  ) throws(CloudError) -> CloudColumns {
    let places = roles.enumerated().compactMap { place, role in role.map { (place, $0) } }
    let values = try values(bytes, ofColumns: places.map(\.0), on: sharing)
    var result = CloudColumns()
    for ((_, role), column) in zip(places, values) { result[role] = column }
    result.setColorUnit(
      places.filter { $0.1.isColor }.map { columns[$0.0].type })
    return result
  }

  /// The values of some columns, `[columns][records]`, by ascending places.
  ///
  /// Throws `CloudError.malformed` where ascii records are no numbers, or too few or many, and
  /// `.abandoned`.
  func values(
    _ bytes: [UInt8], ofColumns places: [Int], on sharing: WorkSharing
  ) throws(CloudError) -> [[Double]] {
    switch encoding {
    case .ascii: return try lineValues(bytes, places, on: sharing)
    case .binary(let order):
      let offsets = offsets
      return try places.map { place throws(CloudError) in
        try ScalarColumn(
          type: columns[place].type, order: order, count: count,
          start: data.lowerBound + offsets[place], step: recordLength
        ).values(bytes, on: sharing)
      }
    }
  }

  /// Where each column starts within a binary record.
  var offsets: [Int] {
    var offset = 0
    return columns.map { column in
      defer { offset += column.type.byteCount }
      return offset
    }
  }

  private func lineValues(
    _ bytes: [UInt8], _ places: [Int], on sharing: WorkSharing
  ) throws(CloudError) -> [[Double]] {
    var values = places.map { _ in [Double]() }
    var position = data.lowerBound
    for row in 0..<count {
      try sharing.checkpoint(atStep: row)
      let line = Self.line(bytes, from: position)
      position = line.upperBound
      let words = DelimitedLine.fields(bytes, line, .blanks)
      guard words.count == columns.count else {
        throw malformed(
          line.lowerBound, "\(noun) \(row)", "\(columns.count) values", "\(words.count)")
      }
      for (number, place) in places.enumerated() {
        let word = words[place]
        var end = word.lowerBound
        let value = DecimalNumber.read(bytes, at: &end, before: word.upperBound, .text)
        guard let value, end == word.upperBound else {
          let name = CloudColumns.Role(columnName: columns[place].name)?.name
          throw malformed(
            word.lowerBound, "\(name ?? columns[place].name) of \(noun) \(row)", "a number",
            "\"\(String(decoding: bytes[word].prefix(40), as: UTF8.self))\"")
        }
        values[number].append(value)
      }
    }
    return values
  }

  private func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: format, at: .byte(offset), field: field, expected: expected, found: found)
  }

  /// The next line that is not blank, without blanks and line ends around it.
  static func line(_ bytes: [UInt8], from position: Int) -> Range<Int> {
    var start = position
    while start < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[start]) { start += 1 }
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return DelimitedLine.trimmed(bytes, start..<end)
  }

  /// The offset behind a number of lines from `start` on, blank ones aside.
  ///
  /// Throws `CloudError.malformed` where the file has fewer, and `.abandoned`.
  static func end(
    ofLines count: Int, _ bytes: [UInt8], from start: Int, format: String, field: String,
    on sharing: WorkSharing
  ) throws(CloudError) -> Int {
    var position = start
    for row in 0..<count {
      try sharing.checkpoint(atStep: row)
      let line = line(bytes, from: position)
      guard !line.isEmpty else {
        throw .malformed(
          format: format, at: .byte(position), field: field, expected: "\(count) lines",
          found: "the end of the file after \(row)")
      }
      position = line.upperBound
    }
    return position
  }

  /// The offset behind a number of binary records from `start` on.
  ///
  /// Throws `CloudError.malformed` where the file has fewer.
  static func end(
    ofRecords count: Int, length recordLength: Int, _ bytes: [UInt8], from start: Int,
    format: String, field: String
  ) throws(CloudError) -> Int {
    let (length, overflow) = recordLength.multipliedReportingOverflow(by: count)
    guard !overflow, length <= bytes.count - start else {
      throw .malformed(
        format: format, at: .byte(start), field: field,
        expected: "\(count) records of \(recordLength) bytes",
        found: "\(bytes.count - start) bytes")
    }
    return start + length
  }
}
