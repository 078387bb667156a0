import Layers

/// One resolution of the network.
package struct PyramidLevel: Sendable, Hashable {
  /// The edge of a voxel, in voxel units (meters unless the unit is adaptive).
  package var voxelEdge: Double
  /// Neighbors per point, the point itself included.
  package var neighborCount: Int

  private enum Key: String, CaseIterable {
    case voxelMeters = "voxel_meters"
    case voxelUnits = "voxel_units"
    case neighborCount = "neighbors"
  }

  /// The most neighbors that a manifest may ask for.
  static let neighborLimit = 256

  static func read(
    _ values: [ConfigValue], path: String, unit: VoxelUnit
  ) throws(ManifestError) -> [PyramidLevel] {
    guard !values.isEmpty else {
      throw .invalidValue(key: path, expected: "at least one level", found: "none")
    }
    return try values.enumerated().map { index, value throws(ManifestError) in
      let object = try ManifestObject(value, path: "\(path)[\(index)]", keys: Key.self)
      let used = edgeKey(unit)
      let other: Key = used == .voxelMeters ? .voxelUnits : .voxelMeters
      guard !object.contains(other) else {
        throw .invalidValue(
          key: object.path(other), expected: "\(used.rawValue), as the voxel section asks",
          found: other.rawValue)
      }
      return PyramidLevel(
        voxelEdge: try object.number(used, in: .positive),
        neighborCount: try object.integer(.neighborCount, in: 1...neighborLimit))
    }
  }

  private static func edgeKey(_ unit: VoxelUnit) -> Key {
    if case .meters = unit { .voxelMeters } else { .voxelUnits }
  }

  func json(unit: VoxelUnit) -> ConfigValue {
    .object([
      Self.edgeKey(unit).rawValue: .number(voxelEdge),
      Key.neighborCount.rawValue: .integer(neighborCount),
    ])
  }
}
