import Batching

/// A PLY file: its bytes and where its vertices are.
struct PLYFile: Sendable {
  let bytes: [UInt8]
  let header: PLYHeader
  let vertex: PLYHeader.Element
  /// Where the vertices are.
  let table: RecordTable

  /// Finds the vertices.
  ///
  /// Throws `CloudError.malformed`, `.tooManyPoints`, `.abandoned`, and `.unsupported` for vertices with
  /// lists.
  init(
    _ bytes: [UInt8], maximumPointCount: Int, on sharing: WorkSharing = .alone
  ) throws(CloudError) {
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
      start = try Self.end(of: element, bytes, header.encoding, from: start, on: sharing)
    }
    let end = try Self.end(of: vertex, bytes, header.encoding, from: start, on: sharing)
    self.bytes = bytes
    self.header = header
    self.vertex = vertex
    table = RecordTable(
      format: "PLY", noun: "vertex", encoding: header.encoding,
      columns: vertex.properties.map { RecordTable.Column(name: $0.name, type: $0.type) },
      count: vertex.count, data: start..<end)
  }

  private static func holdsPosition(_ element: PLYHeader.Element) -> Bool {
    Set(["x", "y", "z"]).isSubset(of: element.properties.map(\.name))
  }

  /// Reads the vertices.
  ///
  /// Throws `CloudError.malformed`, `.empty`, `.nonFinite`, `.attributeLength`, `.attributeRange` and
  /// `.abandoned`.
  func cloud(on sharing: WorkSharing) throws(CloudError) -> PointCloud {
    let roles = table.roles
    for role in [CloudColumns.Role.x, .y, .z] where !roles.contains(role) {
      throw PLYHeader.malformed(
        vertex.propertiesEnd, "vertex", "a property \(role.name)",
        "\(vertex.properties.map(\.name))")
    }
    return try table.cloudColumns(bytes, on: sharing).cloud(on: sharing)
  }

  /// The offset behind the elements of one kind, which start at `start`.
  private static func end(
    of element: PLYHeader.Element, _ bytes: [UInt8], _ encoding: RecordTable.Encoding,
    from start: Int, on sharing: WorkSharing
  ) throws(CloudError) -> Int {
    switch encoding {
    case .ascii:
      return try RecordTable.end(
        ofLines: element.count, bytes, from: start, format: "PLY", field: element.name,
        on: sharing)
    case .binary(let order):
      guard let byteCount = element.byteCount else {
        return try endOfLists(element, bytes, order, from: start, on: sharing)
      }
      return try RecordTable.end(
        ofRecords: element.count, length: byteCount, bytes, from: start, format: "PLY",
        field: element.name)
    }
  }

  private static func endOfLists(
    _ element: PLYHeader.Element, _ bytes: [UInt8], _ order: ByteOrder, from start: Int,
    on sharing: WorkSharing
  ) throws(CloudError) -> Int {
    var position = start
    for row in 0..<element.count {
      try sharing.checkpoint(atStep: row)
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
