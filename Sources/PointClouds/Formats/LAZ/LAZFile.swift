import Batching

/// A LAZ file: its bytes and where things are in them.
struct LAZFile: Sendable {
  private let bytes: [UInt8]
  private let header: LASHeader
  private let records: [LASVariableLengthRecord]
  private let extendedRecords: [LASVariableLengthRecord]
  private let arrangement: LASzipRecord.Arrangement
  private let chunks: [LAZChunk]

  /// The most extra bytes of a point; each takes models of its own.
  private static let highestExtraByteCount = 1024

  /// Reads and checks everything but the points.
  ///
  /// Throws `CloudError.malformed`, `.unsupported`, and `.tooManyPoints` and `.tooManyBytes` for what
  /// it would become.
  init(_ bytes: [UInt8], limits: CloudLimits) throws(CloudError) {
    let header = try LASHeader(bytes)
    guard header.pointCount <= limits.pointCount else {
      throw .tooManyPoints(limit: limits.pointCount, found: header.pointCount)
    }
    let records = try LASVariableLengthRecord.records(bytes, header)
    guard let record = records.first(where: \.isLASzip) else {
      throw LAZChunk.malformed(
        header.size, "variable length records", "one of LASzip", "\(records.map(\.userID))")
    }
    let compression = try LASzipRecord(bytes, record.payload, header)
    guard header.recordLength - header.layout.baseLength <= Self.highestExtraByteCount else {
      throw .unsupported(
        format: "LAZ", reason: "more than \(Self.highestExtraByteCount) extra bytes in a point")
    }
    extendedRecords = try LASVariableLengthRecord.extendedRecords(bytes, header)
    let (pointLength, overflow) = header.pointCount.multipliedReportingOverflow(
      by: header.recordLength)
    let length = overflow ? Int.max - bytes.count : pointLength
    guard length <= limits.byteCount - header.pointDataOffset else {
      throw .tooManyBytes(limit: limits.byteCount, found: length)
    }
    chunks = try LAZChunk.all(bytes, header, compression)
    self.bytes = bytes
    self.header = header
    self.records = records
    arrangement = compression.arrangement
  }

  /// The same file as LAS, without the records that tell how and where its points are compressed.
  ///
  /// Throws `CloudError.malformed` with the chunk that cannot be decompressed, and `.abandoned`.
  func decompressed(on sharing: WorkSharing) throws(CloudError) -> [UInt8] {
    let extendedRecordsStart = extendedRecords.first?.start ?? bytes.count
    var file: [UInt8] = []
    file.reserveCapacity(
      header.pointDataOffset + header.pointCount * header.recordLength
        + bytes.count - extendedRecordsStart)
    let dropped = records.filter(\.isOfCompression)
    append(0..<header.pointDataOffset, without: dropped, to: &file)
    file.set(UInt32(file.count), at: LASHeader.Offset.pointData)
    file.set(
      UInt32(records.count - dropped.count), at: LASHeader.Offset.variableLengthRecordCount)
    file[LASHeader.Offset.pointFormat] = header.layout.format
    for part in try parts(on: sharing) { file += part }
    if !extendedRecords.isEmpty {
      let dropped = extendedRecords.filter(\.isOfCompression)
      let count = extendedRecords.count - dropped.count
      // A field that is not used is 0 (LAS 1.4 R15, section 2.4).
      file.set(count > 0 ? UInt64(file.count) : 0, at: LASHeader.Offset.extendedRecords)
      file.set(UInt32(count), at: LASHeader.Offset.extendedRecordCount)
      append(extendedRecordsStart..<bytes.count, without: dropped, to: &file)
    }
    return file
  }

  /// Appends bytes of this file but for some records, which follow each other in the range.
  private func append(
    _ range: Range<Int>, without records: [LASVariableLengthRecord], to file: inout [UInt8]
  ) {
    var position = range.lowerBound
    for record in records {
      file += bytes[position..<record.start]
      position = record.payload.upperBound
    }
    file += bytes[position..<range.upperBound]
  }

  /// The records of the points, in parts.
  private func parts(on sharing: WorkSharing) throws(CloudError) -> [[UInt8]] {
    let decoder = LAZChunkDecoder(
      arrangement, header.layout,
      extraByteCount: header.recordLength - header.layout.baseLength)
    let groups = LAZChunk.groups(chunks)
    let results: [Result<[UInt8], CloudError>]
    do {
      results = try sharing.map(groups.count) { [bytes, chunks] group in
        decoder.records(bytes, chunks, numbers: groups[group], on: sharing)
      }
    } catch {
      throw .abandoned
    }
    var parts: [[UInt8]] = []
    for result in results { parts.append(try result.get()) }
    return parts
  }
}

extension LASVariableLengthRecord {
  /// Says how points are compressed.
  var isLASzip: Bool {
    userID == LASzipRecord.userID && recordID == LASzipRecord.recordID
  }

  /// Means nothing in a file whose points are not compressed: the record of LASzip, and those of
  /// COPC, which hold offsets of chunks (COPC 1.0).
  var isOfCompression: Bool { isLASzip || userID == "copc" }
}
