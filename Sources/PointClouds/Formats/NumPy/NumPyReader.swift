import Batching

/// Reads a cloud from an NPY file.
///
/// Either an array `[points, 3 or more]` of numbers, whose first three columns are x, y and z, or a
/// structured array `[points]` with fields x, y, z and those attributes that `CloudColumns` names.
enum NumPyReader {
  /// Throws `CloudError.malformed`, `.unsupported`, `.tooManyPoints`, `.empty`, `.nonFinite`,
  /// `.attributeLength`, `.attributeRange` and `.abandoned`.
  static func cloud(
    _ bytes: [UInt8], maximumPointCount: Int, on sharing: WorkSharing
  ) throws(CloudError) -> PointCloud {
    let header = try NumPyHeader(bytes)
    let pointCount = header.shape.first ?? 0
    guard pointCount <= maximumPointCount else {
      throw .tooManyPoints(limit: maximumPointCount, found: pointCount)
    }
    switch header.element {
    case .number(let type, let order):
      return try plainCloud(bytes, header, type, order, on: sharing)
    case .structure(let fields, let stride):
      return try structuredCloud(bytes, header, fields, stride, on: sharing)
    }
  }

  private static func plainCloud(
    _ bytes: [UInt8], _ header: NumPyHeader, _ type: ScalarType, _ order: ByteOrder,
    on sharing: WorkSharing
  ) throws(CloudError) -> PointCloud {
    guard header.shape.count == 2, header.shape[1] >= 3 else {
      throw NumPyHeader.malformed(
        header.dataOffset, "shape", "[points, 3 or more]", "\(header.shape)")
    }
    let (count, width) = (header.shape[0], header.shape[1])
    // Steps between rows and columns; the header's length check bounds every product below.
    let (rowStep, columnStep) = header.isFortranOrder ? (1, count) : (width, 1)
    let positions = try CloudError.unlessAbandoned { () throws(WorkAbandoned) in
      try sharing.rows(count, width: 3, of: Double.self, grain: 1 << 14) { rows, positions in
        for (place, row) in rows.enumerated() {
          for column in 0..<3 {
            let number = row * rowStep + column * columnStep
            positions[3 * place + column] = type.value(
              bytes, at: header.dataOffset + number * type.byteCount, order)
          }
        }
      }
    }
    return try PointCloud(positions: positions)
  }

  private static func structuredCloud(
    _ bytes: [UInt8], _ header: NumPyHeader, _ fields: [NumPyHeader.Field], _ stride: Int,
    on sharing: WorkSharing
  ) throws(CloudError) -> PointCloud {
    guard header.shape.count == 1 else {
      throw NumPyHeader.malformed(
        header.dataOffset, "shape", "[points] for a structured array", "\(header.shape)")
    }
    var columns = CloudColumns()
    var colorTypes: [ScalarType] = []
    for field in fields {
      guard let role = CloudColumns.Role(columnName: field.name) else { continue }
      guard columns[role] == nil else {
        throw NumPyHeader.malformed(0, "descr", "one field for \(role.name)", "two")
      }
      if role.isColor { colorTypes.append(field.type) }
      columns[role] = try ScalarColumn(
        type: field.type, order: field.order, count: header.shape[0],
        start: header.dataOffset + field.offset, step: stride
      ).values(bytes, on: sharing)
    }
    columns.setColorUnit(colorTypes)
    for role in [CloudColumns.Role.x, .y, .z] where columns[role] == nil {
      throw NumPyHeader.malformed(
        0, "descr", "a field \(role.name)", "\(fields.map(\.name))")
    }
    return try columns.cloud(on: sharing)
  }
}
