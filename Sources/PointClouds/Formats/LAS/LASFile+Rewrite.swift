extension LASFile {
  /// The name of the dimension that holds the confidence in the class.
  static let confidenceName = "confidence"

  /// What a class above 31 becomes in point formats 0 to 5, which have five bits for it.
  ///
  /// Class 1 is "processed, but unclassified"; no code below 32 means the same as one above.
  static let substituteClass: UInt8 = 1

  /// The same file with other classes, and with a float32 dimension "confidence" if there is one.
  ///
  /// Every other bit is kept: flags, extra bytes, records, and whatever else the file holds. A
  /// dimension "confidence" that the file already has as float32 is overwritten, otherwise one is
  /// appended and registered; offsets that point behind it move along. Bytes that nobody else holds
  /// are changed where they are.
  /// Throws `CloudError.unsupported` where the file has no room for another dimension.
  consuming func rewritten(
    classes: [UInt8], confidence: [Float]?
  ) throws(CloudError) -> EncodedCloud {
    let header = header
    var start = header.pointDataOffset
    var recordLength = header.recordLength
    if let confidence {
      let place: Int
      if let existing = confidenceOffset {
        place = existing
      } else {
        bytes = try appendingDimension()
        start = Int(bytes.integer(UInt32.self, at: LASHeader.Offset.pointData))
        place = recordLength
        recordLength = Int(bytes.integer(UInt16.self, at: LASHeader.Offset.recordLength))
      }
      for point in confidence.indices {
        bytes.set(confidence[point].bitPattern, at: start + point * recordLength + place)
      }
    }
    let mask = header.layout.classificationMask
    var substitutedClassCount = 0
    var records = bytes.mutableSpan
    for point in classes.indices {
      var code = classes[point]
      if code > mask {
        code = Self.substituteClass
        substitutedClassCount += 1
      }
      let position = start + point * recordLength + header.layout.classificationOffset
      records[position] = records[position] & ~mask | code
    }
    return EncodedCloud(bytes, substitutedClassCount: substitutedClassCount)
  }

  private var registeredExtraBytes: LASVariableLengthRecord? {
    variableLengthRecords.first(where: \.isExtraBytes)
  }

  /// Where a point record holds a float32 dimension "confidence", if it does.
  private var confidenceOffset: Int? {
    guard let payload = registeredExtraBytes?.payload else { return nil }
    guard
      let (_, offset) = LASExtraBytes.dimensions(bytes, payload).first(where: {
        $0.name == Self.confidenceName && $0.isFloat32
      }).map({ ($0.name, header.layout.baseLength + $0.offset) }),
      offset + 4 <= header.recordLength
    else { return nil }
    return offset
  }

  /// The file with four more bytes, all zero, at the end of each point record.
  private func appendingDimension() throws(CloudError) -> [UInt8] {
    let descriptors = try newDescriptors()
    let record = registeredExtraBytes
    let insertion =
      record?.payload.upperBound ?? variableLengthRecords.last?.payload.upperBound ?? header.size
    let inserted =
      record == nil ? Self.extraBytesRecordHeader(descriptors.count) + descriptors : descriptors
    let pointGrowth = 4
    let growth = inserted.count + header.pointCount * pointGrowth
    guard let pointDataOffset = UInt32(exactly: header.pointDataOffset + inserted.count),
      let recordLength = UInt16(exactly: header.recordLength + pointGrowth)
    else { throw Self.noRoom("its header cannot count the additional bytes") }

    var file: [UInt8] = []
    file.reserveCapacity(bytes.count + growth)
    file += bytes[..<insertion]
    file += inserted
    file += bytes[insertion..<header.pointDataOffset]
    for start in stride(
      from: header.pointDataOffset, to: header.pointDataEnd, by: header.recordLength)
    {
      file += bytes[start..<start + header.recordLength]
      file += repeatElement(0, count: pointGrowth)
    }
    file += bytes[header.pointDataEnd...]

    file.set(pointDataOffset, at: LASHeader.Offset.pointData)
    file.set(recordLength, at: LASHeader.Offset.recordLength)
    if let record {
      guard let length = UInt16(exactly: record.payload.count + descriptors.count) else {
        throw Self.noRoom("its record of extra bytes is full")
      }
      file.set(length, at: record.start + LASVariableLengthRecord.payloadLengthOffset)
    } else {
      // Cannot overflow: each record counted so far takes 54 bytes before a 32-bit offset.
      file.set(
        UInt32(header.variableLengthRecordCount + 1), at: LASHeader.Offset.variableLengthRecordCount
      )
    }
    moveOffsets(in: &file, by: UInt64(growth))
    return file
  }

  /// Moves the header's 64-bit offsets that point behind the points.
  private func moveOffsets(in file: inout [UInt8], by growth: UInt64) {
    var fields: [Int] = []
    if header.versionMinor >= 3 { fields.append(LASHeader.Offset.waveformData) }
    if header.versionMinor >= 4 { fields.append(LASHeader.Offset.extendedRecords) }
    for field in fields {
      let offset = bytes.integer(UInt64.self, at: field)
      let (moved, overflow) = offset.addingReportingOverflow(growth)
      guard offset >= UInt64(header.pointDataEnd), !overflow else { continue }
      file.set(moved, at: field)
    }
  }

  /// Descriptors to add: of bytes that nobody registered, so that the order stays right, and ours.
  private func newDescriptors() throws(CloudError) -> [UInt8] {
    if registeredExtraBytes == nil, extendedRecords.contains(where: \.isExtraBytes) {
      throw Self.noRoom("its extra bytes are described behind the points")
    }
    let described =
      registeredExtraBytes.map { LASExtraBytes.describedLength(bytes, $0.payload) } ?? 0
    var gap = header.recordLength - header.layout.baseLength - described
    guard gap >= 0 else {
      throw Self.noRoom("its record of extra bytes describes more than a point record holds")
    }
    if let payload = registeredExtraBytes?.payload,
      !payload.count.isMultiple(of: LASExtraBytes.descriptorLength)
    {
      throw Self.noRoom("its record of extra bytes ends within a descriptor")
    }
    var descriptors: [UInt8] = []
    while gap > 0 {
      let count = UInt8(clamping: gap)
      descriptors += LASExtraBytes.undocumented(count: count)
      gap -= Int(count)
    }
    descriptors += LASExtraBytes.float32(
      name: Self.confidenceName, description: "probability of the class")
    guard descriptors.count <= UInt16.max else {
      throw Self.noRoom("it has too many unregistered bytes")
    }
    return descriptors
  }

  private static func extraBytesRecordHeader(_ payloadLength: Int) -> [UInt8] {
    var record: [UInt8] = [0, 0]
    record.append("LASF_Spec", paddedTo: 16)
    record.append(littleEndian: UInt16(4))
    record.append(littleEndian: UInt16(payloadLength))
    record.append("Extra Bytes", paddedTo: 32)
    return record
  }

  private static func noRoom(_ reason: String) -> CloudError {
    .unsupported(format: "LAS", reason: "no dimension can be added to this file: \(reason)")
  }
}
