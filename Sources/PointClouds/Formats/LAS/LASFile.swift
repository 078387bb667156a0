/// A LAS file: its bytes and where things are in them.
struct LASFile: Sendable {
  let bytes: [UInt8]
  let header: LASHeader
  let variableLengthRecords: [LASVariableLengthRecord]
  let extendedRecords: [LASVariableLengthRecord]

  /// Reads and checks everything but the points.
  ///
  /// Throws `CloudError.malformed`, also for compressed points, and `.tooManyPoints`.
  init(_ bytes: [UInt8], maximumPointCount: Int) throws(CloudError) {
    let header = try LASHeader(bytes)
    guard !header.isCompressed else {
      throw Self.malformed(
        LASHeader.Offset.pointFormat, "point data record format", "0 to 10, uncompressed",
        "\(bytes[LASHeader.Offset.pointFormat])")
    }
    guard header.pointCount <= maximumPointCount else {
      throw .tooManyPoints(limit: maximumPointCount, found: header.pointCount)
    }
    self.bytes = bytes
    self.header = header
    variableLengthRecords = try LASVariableLengthRecord.records(bytes, header)
    extendedRecords = try LASVariableLengthRecord.extendedRecords(bytes, header)
  }

  /// The points: positions are stored integer × scale + offset, in float64.
  ///
  /// Throws `CloudError.empty` and `.nonFinite`.
  func cloud() throws(CloudError) -> PointCloud {
    let count = header.pointCount
    let layout = header.layout
    let (scale, offset) = (header.scale, header.offset)
    var positions = [Double](repeating: 0, count: 3 * count)
    var intensity = [Float](repeating: 0, count: count)
    var returnNumber = [UInt8](repeating: 0, count: count)
    var numberOfReturns = [UInt8](repeating: 0, count: count)
    var classification = [UInt8](repeating: 0, count: count)
    var colors = layout.colorOffset.map { _ in [UInt16](repeating: 0, count: 3 * count) }
    var record = header.pointDataOffset
    for point in 0..<count {
      for axis in 0..<3 {
        let stored = Double(bytes.integer(Int32.self, at: record + 4 * axis))
        positions[3 * point + axis] = stored * scale[axis] + offset[axis]
      }
      intensity[point] = Float(
        bytes.integer(UInt16.self, at: record + LASPointLayout.intensityOffset))
      (returnNumber[point], numberOfReturns[point]) = layout.returns(
        bytes[record + LASPointLayout.returnsOffset])
      classification[point] =
        bytes[record + layout.classificationOffset] & layout.classificationMask
      if let colorOffset = layout.colorOffset {
        for channel in 0..<3 {
          colors?[3 * point + channel] = bytes.integer(
            UInt16.self, at: record + colorOffset + 2 * channel)
        }
      }
      record += header.recordLength
    }
    return try PointCloud(
      positions: positions,
      attributes: PointAttributes(
        intensity: intensity, returnNumber: returnNumber, numberOfReturns: numberOfReturns,
        classification: classification, colors: colors))
  }

  static func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: "LAS", at: .byte(offset), field: field, expected: expected, found: found)
  }
}
