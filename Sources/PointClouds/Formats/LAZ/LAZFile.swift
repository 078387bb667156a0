import Batching

/// A LAZ file: its bytes and where things are in them.
struct LAZFile: Sendable {
  private let bytes: [UInt8]
  private let header: LASHeader
  private let record: LASVariableLengthRecord
  private let arrangement: LASzipRecord.Arrangement
  private let chunks: [LAZChunk]
  private let extendedRecordsStart: Int?

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
    let extended = try LASVariableLengthRecord.extendedRecords(bytes, header)
    extendedRecordsStart = extended.first?.start
    let (pointLength, overflow) = header.pointCount.multipliedReportingOverflow(
      by: header.recordLength)
    let length = overflow ? Int.max - bytes.count : pointLength
    guard length <= limits.byteCount - header.pointDataOffset else {
      throw .tooManyBytes(limit: limits.byteCount, found: length)
    }
    chunks = try LAZChunk.all(bytes, header, compression)
    self.bytes = bytes
    self.header = header
    self.record = record
    arrangement = compression.arrangement
  }

  /// The same file as LAS.
  ///
  /// Throws `CloudError.malformed` with the chunk that cannot be decompressed, and `.abandoned`.
  func decompressed(on sharing: WorkSharing) throws(CloudError) -> [UInt8] {
    var file: [UInt8] = []
    file.reserveCapacity(
      header.pointDataOffset + header.pointCount * header.recordLength
        + bytes.count - (extendedRecordsStart ?? bytes.count))
    file += bytes[..<record.start]
    file += bytes[record.payload.upperBound..<header.pointDataOffset]
    let growth = record.start - record.payload.upperBound
    // The record was among those before the points, so neither number becomes negative.
    file.set(UInt32(header.pointDataOffset + growth), at: LASHeader.Offset.pointData)
    file.set(
      UInt32(header.variableLengthRecordCount - 1),
      at: LASHeader.Offset.variableLengthRecordCount)
    file[LASHeader.Offset.pointFormat] = header.layout.format
    for part in try parts(on: sharing) { file += part }
    if let extendedRecordsStart {
      file.set(UInt64(file.count), at: LASHeader.Offset.extendedRecords)
      file += bytes[extendedRecordsStart...]
    }
    return file
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
        decoder.records(bytes, chunks, numbers: groups[group])
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
}
