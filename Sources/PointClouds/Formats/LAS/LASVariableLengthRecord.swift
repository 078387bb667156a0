/// Where a variable length record, extended or not, lies in a LAS file (LAS 1.4 R15, tables 4, 24).
struct LASVariableLengthRecord: Sendable, Equatable {
  /// The length of a record's header, in bytes.
  static let headerLength = 54
  static let extendedHeaderLength = 60
  /// Where the length of the payload is, from the start of the record.
  static let payloadLengthOffset = 20

  let userID: String
  let recordID: UInt16
  /// The record's first byte within the file.
  let start: Int
  /// The payload's bytes within the file.
  let payload: Range<Int>

  /// Describes the extra bytes of the point records.
  var isExtraBytes: Bool { userID == "LASF_Spec" && recordID == 4 }

  /// The records between the header and the points.
  ///
  /// Throws `CloudError.malformed`.
  static func records(_ bytes: [UInt8], _ header: LASHeader) throws(CloudError) -> [Self] {
    try chain(
      bytes, start: header.size, end: header.pointDataOffset,
      count: header.variableLengthRecordCount, isExtended: false)
  }

  /// The records behind the points, which version 1.4 knows.
  ///
  /// Throws `CloudError.malformed`.
  static func extendedRecords(_ bytes: [UInt8], _ header: LASHeader) throws(CloudError) -> [Self] {
    guard header.extendedRecordCount > 0 else { return [] }
    let earliest = header.isCompressed ? header.pointDataOffset : header.pointDataEnd
    guard let start = Int(exactly: header.extendedRecordsOffset), start >= earliest,
      start <= bytes.count
    else {
      throw LASFile.malformed(
        LASHeader.Offset.extendedRecords, "start of extended variable length records",
        "\(earliest) to \(bytes.count)", "\(header.extendedRecordsOffset)")
    }
    return try chain(
      bytes, start: start, end: bytes.count, count: header.extendedRecordCount, isExtended: true)
  }

  private static func chain(
    _ bytes: [UInt8], start: Int, end: Int, count: Int, isExtended: Bool
  ) throws(CloudError) -> [Self] {
    let headerLength = isExtended ? extendedHeaderLength : Self.headerLength
    let kind = isExtended ? "extended variable length record" : "variable length record"
    var records: [Self] = []
    var position = start
    for number in 0..<count {
      let room = end - position - headerLength
      guard room >= 0 else {
        throw LASFile.malformed(
          position, "\(kind) \(number)", "a header of \(headerLength) bytes",
          "\(end - position) bytes")
      }
      let lengthPosition = position + payloadLengthOffset
      let length =
        isExtended
        ? bytes.integer(UInt64.self, at: lengthPosition)
        : UInt64(bytes.integer(UInt16.self, at: lengthPosition))
      guard length <= UInt64(room) else {
        throw LASFile.malformed(
          lengthPosition, "record length of \(kind) \(number)", "at most \(room)", "\(length)")
      }
      let payloadStart = position + headerLength
      records.append(
        Self(
          userID: bytes.text(at: position + 2, length: 16),
          recordID: bytes.integer(UInt16.self, at: position + 18), start: position,
          payload: payloadStart..<payloadStart + Int(length)))
      position = payloadStart + Int(length)
    }
    return records
  }
}
