/// A PLY file: its bytes and where its vertices are.
struct PLYFile: Sendable {
  let bytes: [UInt8]
  let header: PLYHeader
  let vertex: PLYHeader.Element
  /// The bytes of the vertices.
  let vertexData: Range<Int>

  /// Finds the vertices.
  ///
  /// Throws `CloudError.malformed`, `.tooManyPoints`, and `.unsupported` for vertices with lists.
  init(_ bytes: [UInt8], maximumPointCount: Int) throws(CloudError) {
    let header = try PLYHeader(bytes)
    // Point cloud tools give the element other names too.
    let named = header.elements.firstIndex { $0.name == "vertex" }
    guard let place = named ?? header.elements.firstIndex(where: Self.holdsPosition) else {
      throw PLYHeader.malformed(
        header.dataOffset, "elements", "vertex, or one with properties x, y and z",
        "\(header.elements.map(\.name))")
    }
    let vertex = header.elements[place]
    guard vertex.count <= maximumPointCount else {
      throw .tooManyPoints(limit: maximumPointCount, found: vertex.count)
    }
    guard let byteCount = vertex.byteCount, byteCount > 0 else {
      throw .unsupported(format: "PLY", reason: "vertices that hold lists, or nothing")
    }
    var start = header.dataOffset
    for element in header.elements[..<place] {
      start = try Self.end(of: element, bytes, header.encoding, from: start)
    }
    let end = try Self.end(of: vertex, bytes, header.encoding, from: start)
    self.bytes = bytes
    self.header = header
    self.vertex = vertex
    vertexData = start..<end
  }

  private static func holdsPosition(_ element: PLYHeader.Element) -> Bool {
    Set(["x", "y", "z"]).isSubset(of: element.properties.map(\.name))
  }

  /// Reads the vertices.
  ///
  /// Throws `CloudError.malformed`, `.empty`, `.nonFinite`, `.attributeLength` and `.attributeRange`.
  func cloud() throws(CloudError) -> PointCloud {
    var roles: [CloudColumns.Role?] = []
    for property in vertex.properties {
      let role = CloudColumns.Role(columnName: property.name)
      // Of several properties with one role the first one counts.
      roles.append(role.flatMap { roles.contains($0) ? nil : $0 })
    }
    for role in [CloudColumns.Role.x, .y, .z] where !roles.contains(role) {
      throw PLYHeader.malformed(
        vertex.propertiesEnd, "vertex", "a property \(role.name)",
        "\(vertex.properties.map(\.name))")
    }
    switch header.encoding {
    case .ascii: return try lineColumns(roles).cloud()
    case .binary(let order): return try binaryColumns(roles, order).cloud()
    }
  }

  private func binaryColumns(_ roles: [CloudColumns.Role?], _ order: ByteOrder) -> CloudColumns {
    var columns = CloudColumns()
    let length = vertexData.count / max(vertex.count, 1)
    var offset = vertexData.lowerBound
    for (property, role) in zip(vertex.properties, roles) {
      if let role {
        columns[role] = (0..<vertex.count).map { row in
          property.type.value(bytes, at: offset + row * length, order)
        }
      }
      offset += property.type.byteCount
    }
    return columns
  }

  private func lineColumns(_ roles: [CloudColumns.Role?]) throws(CloudError) -> CloudColumns {
    var table: [Double] = []
    var position = vertexData.lowerBound
    for row in 0..<vertex.count {
      let line = Self.line(bytes, from: position)
      position = line.upperBound
      let words = DelimitedLine.fields(bytes, line, .blanks)
      guard words.count == roles.count else {
        throw PLYHeader.malformed(
          line.lowerBound, "vertex \(row)", "\(roles.count) values", "\(words.count)")
      }
      for (word, role) in zip(words, roles) {
        guard let role else { continue }
        var end = word.lowerBound
        let value = DecimalNumber.read(bytes, at: &end, before: word.upperBound, .text)
        guard let value, end == word.upperBound else {
          throw PLYHeader.malformed(
            word.lowerBound, "\(role.name) of vertex \(row)", "a number",
            "\"\(String(decoding: bytes[word].prefix(40), as: UTF8.self))\"")
        }
        table.append(value)
      }
    }
    return CloudColumns(table: table, roles: roles.compactMap(\.self))
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

  /// The offset behind the elements of one kind, which start at `start`.
  private static func end(
    of element: PLYHeader.Element, _ bytes: [UInt8], _ encoding: PLYHeader.Encoding,
    from start: Int
  ) throws(CloudError) -> Int {
    switch encoding {
    case .ascii:
      var position = start
      for row in 0..<element.count {
        let line = line(bytes, from: position)
        guard !line.isEmpty else {
          throw PLYHeader.malformed(
            position, element.name, "\(element.count) elements", "the end of the file after \(row)")
        }
        position = line.upperBound
      }
      return position
    case .binary(let order):
      guard let byteCount = element.byteCount else {
        return try endOfLists(element, bytes, order, from: start)
      }
      let (length, overflow) = byteCount.multipliedReportingOverflow(by: element.count)
      guard !overflow, length <= bytes.count - start else {
        throw PLYHeader.malformed(
          start, element.name, "\(element.count) elements of \(byteCount) bytes",
          "\(bytes.count - start) bytes")
      }
      return start + length
    }
  }

  private static func endOfLists(
    _ element: PLYHeader.Element, _ bytes: [UInt8], _ order: ByteOrder, from start: Int
  ) throws(CloudError) -> Int {
    var position = start
    for row in 0..<element.count {
      for property in element.properties {
        var length = property.type.byteCount
        if let countType = property.countType {
          guard bytes.count - position >= countType.byteCount,
            let count = UInt32(exactly: countType.value(bytes, at: position, order))
          else {
            throw PLYHeader.malformed(
              position, "\(property.name) of \(element.name) \(row)", "a number of values", "none")
          }
          position += countType.byteCount
          length *= Int(count)
        }
        guard length <= bytes.count - position else {
          throw PLYHeader.malformed(
            position, "\(property.name) of \(element.name) \(row)", "\(length) bytes",
            "\(bytes.count - position)")
        }
        position += length
      }
    }
    return position
  }
}
