import Batching

/// A LAS file: its bytes and where things are in them.
struct LASFile: Sendable {
  var bytes: [UInt8]
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
  /// Throws `CloudError.empty`, `.nonFinite` and `.abandoned`.
  func cloud(on sharing: WorkSharing) throws(CloudError) -> PointCloud {
    let positions: [Double]
    let attributes: PointAttributes
    do throws(WorkAbandoned) {
      positions = try self.positions(on: sharing)
      attributes = try self.attributes(on: sharing)
    } catch {
      throw .abandoned
    }
    return try PointCloud(positions: positions, attributes: attributes)
  }

  /// How many points one thread reads at a time.
  private static let grain = 1 << 14

  /// The offsets of the records of some points.
  private func records(_ points: Range<Int>) -> StrideTo<Int> {
    let (start, length) = (header.pointDataOffset, header.recordLength)
    return stride(
      from: start + points.lowerBound * length, to: start + points.upperBound * length, by: length)
  }

  /// The positions of the points in meters, `[points, 3]`.
  private func positions(on sharing: WorkSharing) throws(WorkAbandoned) -> [Double] {
    try sharing.rows(header.pointCount, width: 3, grain: Self.grain) { points, positions in
      let (scale, offset) = (header.scale, header.offset)
      var place = 0
      for record in records(points) {
        for axis in 0..<3 {
          let stored = Double(bytes.integer(Int32.self, at: record + 4 * axis))
          positions[place] = stored * scale[axis] + offset[axis]
          place += 1
        }
      }
    }
  }

  private func attributes(on sharing: WorkSharing) throws(WorkAbandoned) -> PointAttributes {
    let (count, layout) = (header.pointCount, header.layout)
    var attributes = PointAttributes()
    attributes.intensity = try sharing.rows(count, grain: Self.grain) { points, intensity in
      for (place, record) in records(points).enumerated() {
        intensity[place] = Float(
          bytes.integer(UInt16.self, at: record + LASPointLayout.intensityOffset))
      }
    }
    attributes.returnNumber = try sharing.rows(count, grain: Self.grain) { points, numbers in
      for (place, record) in records(points).enumerated() {
        numbers[place] = layout.returns(bytes[record + LASPointLayout.returnsOffset]).number
      }
    }
    attributes.numberOfReturns = try sharing.rows(count, grain: Self.grain) { points, counts in
      for (place, record) in records(points).enumerated() {
        counts[place] = layout.returns(bytes[record + LASPointLayout.returnsOffset]).count
      }
    }
    attributes.classification = try sharing.rows(count, grain: Self.grain) { points, classes in
      for (place, record) in records(points).enumerated() {
        classes[place] = bytes[record + layout.classificationOffset] & layout.classificationMask
      }
    }
    guard let colorOffset = layout.colorOffset else { return attributes }
    attributes.colors = try sharing.rows(count, width: 3, grain: Self.grain) { points, colors in
      var place = 0
      for record in records(points) {
        for channel in 0..<3 {
          colors[place] = bytes.integer(UInt16.self, at: record + colorOffset + 2 * channel)
          place += 1
        }
      }
    }
    return attributes
  }

  static func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: "LAS", at: .byte(offset), field: field, expected: expected, found: found)
  }
}
