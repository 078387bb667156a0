import Batching

/// A PCD file: its bytes and where its points are.
struct PCDFile: Sendable {
  /// The file; a compressed one has become a binary one.
  let bytes: [UInt8]
  let header: PCDHeader
  /// Where the points are.
  let table: RecordTable

  /// Finds the points, and decompresses them if need be.
  ///
  /// Throws `CloudError.malformed`, `.tooManyPoints`, `.abandoned`, and `.tooManyBytes` before
  /// decompression.
  init(
    _ bytes: [UInt8], limits: CloudLimits, on sharing: WorkSharing = .alone
  ) throws(CloudError) {
    let header = try PCDHeader(bytes)
    guard header.pointCount <= limits.pointCount else {
      throw .tooManyPoints(limit: limits.pointCount, found: header.pointCount)
    }
    let columns = Self.columns(of: header)
    let start: Int
    let end: Int
    switch header.storage {
    case .ascii:
      self.bytes = bytes
      start = header.dataOffset
      end = try RecordTable.end(
        ofLines: header.pointCount, bytes, from: start, format: "PCD", field: "points",
        on: sharing)
    case .binary:
      self.bytes = bytes
      start = header.dataOffset
      end = try RecordTable.end(
        ofRecords: header.pointCount, length: columns.reduce(0) { $0 + $1.type.byteCount }, bytes,
        from: start, format: "PCD", field: "points")
    case .compressed:
      let records = try Self.decompressed(bytes, header, limits: limits, on: sharing)
      let head = Self.binaryHead(bytes, header, adding: [])
      self.bytes = head + records
      start = head.count
      end = head.count + records.count
    }
    self.header = header
    table = RecordTable(
      format: "PCD", noun: "point",
      encoding: header.storage == .ascii ? .ascii : .binary(.littleEndian), columns: columns,
      count: header.pointCount, data: start..<end)
  }

  /// Reads the points.
  ///
  /// The viewpoint, from where they were seen, does not move them. Throws `CloudError.malformed`,
  /// `.empty`, `.nonFinite`, as points of no return are, `.attributeLength`, `.attributeRange` and
  /// `.abandoned`.
  func cloud(on sharing: WorkSharing) throws(CloudError) -> PointCloud {
    let roles = table.roles
    for role in [CloudColumns.Role.x, .y, .z] where !roles.contains(role) {
      throw PCDHeader.malformed(
        header.storageOffset, "FIELDS", role.name, "\(header.fields.map(\.name))")
    }
    var columns = try table.cloudColumns(bytes, on: sharing)
    if !roles.contains(where: { $0?.isColor == true }), let place = packedColorPlace {
      let colors = try packedColors(place, on: sharing)
      columns[.red] = colors.map { Double($0 >> 16 & 0xFF) }
      columns[.green] = colors.map { Double($0 >> 8 & 0xFF) }
      columns[.blue] = colors.map { Double($0 & 0xFF) }
      columns.colorUnit = .byte
    }
    return try columns.cloud(on: sharing)
  }

  /// The same file with the field "classification" and, if given, "confidence".
  ///
  /// Fields that the points already have for these are overwritten, others appended.
  /// Throws `CloudError.unsupported` where an existing field has no room for a class, or the header
  /// none for another field.
  func rewritten(classes: [UInt8], confidence: [Float]?) throws(CloudError) -> EncodedCloud {
    let replacements = table.replacements(classes: classes, confidence: confidence)
    let added = replacements.filter { $0.place == nil }.map { (name: $0.name, type: $0.type) }
    var file: [UInt8]
    if header.storage == .ascii {
      file = header.bytes(in: bytes, adding: added)
      file += bytes[header.storageOffset..<header.dataOffset]
    } else {
      file = Self.binaryHead(bytes, header, adding: added)
    }
    do {
      _ = try PCDHeader(file)
    } catch {
      throw .unsupported(format: "PCD", reason: "its header has no room for another field")
    }
    try table.append(bytes, replacements, to: &file)
    file += bytes[table.data.upperBound...]
    return EncodedCloud(file)
  }

  /// The header of a binary file.
  private static func binaryHead(
    _ bytes: [UInt8], _ header: PCDHeader, adding fields: [(name: String, type: ScalarType)]
  ) -> [UInt8] {
    header.bytes(in: bytes, adding: fields) + Array("DATA binary\n".utf8)
  }

  /// A column for each value of a field; those of several values have no name to know them by.
  private static func columns(of header: PCDHeader) -> [RecordTable.Column] {
    header.fields.flatMap { field in
      repeatElement(
        RecordTable.Column(name: field.count == 1 ? field.name : "", type: field.type),
        count: field.count)
    }
  }

  /// The column of four bytes that hold blue, green and red, from the lowest.
  private var packedColorPlace: Int? {
    table.columns.firstIndex {
      ["rgb", "rgba"].contains($0.name) && $0.type.byteCount == 4
    }
  }

  /// `[points]`: the bits of a column, whatever number they are meant to be.
  private func packedColors(
    _ place: Int, on sharing: WorkSharing
  ) throws(CloudError) -> [UInt32] {
    guard table.encoding == .ascii else {
      let offset = table.offsets[place]
      return (0..<table.count).map { row in
        bytes.integer(UInt32.self, at: table.data.lowerBound + row * table.recordLength + offset)
      }
    }
    let isFloat = table.columns[place].type == .float32
    return try table.values(bytes, ofColumns: [place], on: sharing)[0].map {
      isFloat && $0.isFinite
        ? Float($0).bitPattern : UInt32(truncatingIfNeeded: Int64(exactly: $0) ?? 0)
    }
  }

  /// The points one after the other, `[points, fields]`, from all values of each field.
  private static func decompressed(
    _ bytes: [UInt8], _ header: PCDHeader, limits: CloudLimits, on sharing: WorkSharing
  ) throws(CloudError) -> [UInt8] {
    let start = header.dataOffset
    guard bytes.count - start >= 8 else {
      throw PCDHeader.malformed(
        start, "compressed points", "two lengths of 4 bytes", "\(bytes.count - start) bytes")
    }
    let compressedLength = Int(bytes.integer(UInt32.self, at: start))
    let length = Int(bytes.integer(UInt32.self, at: start + 4))
    guard compressedLength <= bytes.count - start - 8 else {
      throw PCDHeader.malformed(
        start, "compressed points", "at most \(bytes.count - start - 8) bytes",
        "\(compressedLength)")
    }
    let recordLength = header.fields.reduce(0) { $0 + $1.byteCount }
    // Both are bounded: 4096 values of 8 bytes, and a product of two 32-bit numbers below the limit.
    let (expected, overflow) = recordLength.multipliedReportingOverflow(by: header.pointCount)
    guard !overflow, length == expected else {
      throw PCDHeader.malformed(
        start + 4, "length of the points", "\(header.pointCount) of \(recordLength) bytes",
        "\(length) bytes")
    }
    guard length <= limits.byteCount else {
      throw .tooManyBytes(limit: limits.byteCount, found: length)
    }
    let source = start + 8..<start + 8 + compressedLength
    let planes = try LZF.decompressed(bytes, source, length: length, on: sharing)
    var records = [UInt8](repeating: 0, count: length)
    var (plane, offset) = (0, 0)
    for field in header.fields {
      for point in 0..<header.pointCount {
        try sharing.checkpoint(atStep: point)
        for byte in 0..<field.byteCount {
          records[point * recordLength + offset + byte] =
            planes[plane + point * field.byteCount + byte]
        }
      }
      plane += header.pointCount * field.byteCount
      offset += field.byteCount
    }
    return records
  }
}
