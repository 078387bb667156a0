/// The public header block of a LAS file (LAS 1.4 R15, table 3), checked.
struct LASHeader: Sendable, Equatable {
  static let signature = Array("LASF".utf8)

  /// Offsets of the fields within the file, in bytes.
  enum Offset {
    static let versionMajor = 24
    static let versionMinor = 25
    static let headerSize = 94
    static let pointData = 96
    static let variableLengthRecordCount = 100
    static let pointFormat = 104
    static let recordLength = 105
    static let legacyPointCount = 107
    static let scale = 131
    static let offset = 155
    static let waveformData = 227
    static let extendedRecords = 235
    static let extendedRecordCount = 243
    static let pointCount = 247
  }

  let versionMinor: UInt8
  let size: Int
  let pointDataOffset: Int
  let variableLengthRecordCount: Int
  let layout: LASPointLayout
  let isCompressed: Bool
  /// The length of a point record, extra bytes included.
  let recordLength: Int
  let pointCount: Int
  /// Meters per unit of the stored integers.
  let scale: SIMD3<Double>
  /// Meters, added after scaling.
  let offset: SIMD3<Double>
  let extendedRecordsOffset: UInt64
  let extendedRecordCount: Int

  /// The offset behind the last point record.
  var pointDataEnd: Int { pointDataOffset + pointCount * recordLength }

  /// Whether bytes begin as a LAS or LAZ file does.
  static func isPresent(in bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  /// Whether bytes begin as a LAZ file does: LASzip sets the upper bits of the point format.
  static func isCompressed(_ bytes: [UInt8]) -> Bool {
    isPresent(in: bytes) && bytes.count > Offset.pointFormat
      && bytes[Offset.pointFormat] & 0xC0 != 0
  }

  /// Reads and checks the header against the length of the file.
  ///
  /// Throws `CloudError.malformed` or `.unsupported`. Whether the points of a compressed file are
  /// all there cannot be told from its header.
  init(_ bytes: [UInt8]) throws(CloudError) {
    guard Self.isPresent(in: bytes) else {
      throw LASFile.malformed(
        0, "file signature", "\"LASF\"",
        bytes.count < 4
          ? "\(bytes.count) bytes"
          : String(decoding: bytes.prefix(4), as: UTF8.self).debugDescription)
    }
    try Self.require(227, in: bytes)
    guard bytes[Offset.versionMajor] == 1, bytes[Offset.versionMinor] <= 4 else {
      throw LASFile.malformed(
        Offset.versionMajor, "version", "1.0 to 1.4",
        "\(bytes[Offset.versionMajor]).\(bytes[Offset.versionMinor])")
    }
    versionMinor = bytes[Offset.versionMinor]
    let minimumSize = versionMinor == 4 ? 375 : versionMinor == 3 ? 235 : 227
    try Self.require(minimumSize, in: bytes)
    size = Int(bytes.integer(UInt16.self, at: Offset.headerSize))
    guard size >= minimumSize, size <= bytes.count else {
      throw LASFile.malformed(
        Offset.headerSize, "header size", "\(minimumSize) to \(bytes.count)", "\(size)")
    }
    pointDataOffset = Int(bytes.integer(UInt32.self, at: Offset.pointData))
    guard pointDataOffset >= size, pointDataOffset <= bytes.count else {
      throw LASFile.malformed(
        Offset.pointData, "offset to point data", "\(size) to \(bytes.count)", "\(pointDataOffset)")
    }
    variableLengthRecordCount = Int(
      bytes.integer(UInt32.self, at: Offset.variableLengthRecordCount))
    isCompressed = Self.isCompressed(bytes)
    guard let layout = LASPointLayout(format: bytes[Offset.pointFormat] & 0x3F) else {
      throw LASFile.malformed(
        Offset.pointFormat, "point data record format", "0 to 10", "\(bytes[Offset.pointFormat])")
    }
    self.layout = layout
    recordLength = Int(bytes.integer(UInt16.self, at: Offset.recordLength))
    guard recordLength >= layout.baseLength else {
      throw LASFile.malformed(
        Offset.recordLength, "point data record length", "at least \(layout.baseLength)",
        "\(recordLength)")
    }
    pointCount = try Self.pointCount(
      bytes, versionMinor: versionMinor,
      available: isCompressed ? .max : (bytes.count - pointDataOffset) / recordLength)
    (scale, offset) = try Self.transformation(bytes)
    extendedRecordsOffset =
      versionMinor == 4 ? bytes.integer(UInt64.self, at: Offset.extendedRecords) : 0
    extendedRecordCount =
      versionMinor == 4 ? Int(bytes.integer(UInt32.self, at: Offset.extendedRecordCount)) : 0
  }

  private static func require(_ length: Int, in bytes: [UInt8]) throws(CloudError) {
    guard bytes.count >= length else {
      throw LASFile.malformed(
        bytes.count, "public header block", "\(length) bytes", "\(bytes.count) bytes")
    }
  }

  /// The number of points; version 1.4 counts with 64 bits and keeps the old field for old readers.
  private static func pointCount(
    _ bytes: [UInt8], versionMinor: UInt8, available: Int
  ) throws(CloudError) -> Int {
    let legacyCount = bytes.integer(UInt32.self, at: Offset.legacyPointCount)
    let extendedCount = versionMinor == 4 ? bytes.integer(UInt64.self, at: Offset.pointCount) : 0
    let count = extendedCount > 0 ? extendedCount : UInt64(legacyCount)
    guard count <= UInt64(available) else {
      throw LASFile.malformed(
        extendedCount > 0 ? Offset.pointCount : Offset.legacyPointCount, "number of point records",
        "at most \(available), which the file has room for", "\(count)")
    }
    return Int(count)
  }

  private static func transformation(
    _ bytes: [UInt8]
  ) throws(CloudError) -> (scale: SIMD3<Double>, offset: SIMD3<Double>) {
    var scale = SIMD3<Double>.zero
    var offset = SIMD3<Double>.zero
    for (axis, name) in ["x", "y", "z"].enumerated() {
      let scalePosition = Offset.scale + 8 * axis
      let offsetPosition = Offset.offset + 8 * axis
      scale[axis] = bytes.double(at: scalePosition)
      offset[axis] = bytes.double(at: offsetPosition)
      guard scale[axis].isFinite, scale[axis] != 0 else {
        throw LASFile.malformed(
          scalePosition, "\(name) scale factor", "a finite number other than zero",
          "\(scale[axis])")
      }
      guard offset[axis].isFinite else {
        throw LASFile.malformed(
          offsetPosition, "\(name) offset", "a finite number", "\(offset[axis])")
      }
    }
    return (scale, offset)
  }
}
