import Layers

/// The unit of length that voxel edges and the network's coordinates are counted in.
package enum VoxelUnit: Sendable, Hashable {
  /// One meter: levels state `voxel_meters`, coordinates are meters.
  case meters
  /// A length found for each cloud, `clip(spacingFactor · planar spacing, minimum, maximum)` meters:
  /// levels state `voxel_units`, coordinates are divided by the length.
  case adaptive(spacingFactor: Double, minimumMeters: Double, maximumMeters: Double)

  private enum Kind: String, CaseIterable {
    case meters, adaptive
  }

  private enum Key: String, CaseIterable {
    case kind
    case spacingFactor = "spacing_factor"
    case minimumMeters = "minimum_meters"
    case maximumMeters = "maximum_meters"
  }

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    guard try object.choice(.kind, of: Kind.self) == .adaptive else {
      self = .meters
      return
    }
    let minimum = try object.number(.minimumMeters, in: .positive)
    let maximum = try object.number(.maximumMeters, in: .positive)
    guard minimum <= maximum else {
      throw .invalidValue(
        key: object.path(.maximumMeters), expected: "at least minimum_meters, \(minimum)",
        found: "\(maximum)")
    }
    self = .adaptive(
      spacingFactor: try object.number(.spacingFactor, in: .positive),
      minimumMeters: minimum, maximumMeters: maximum)
  }

  /// `nil` for meters, which a manifest need not state.
  var json: ConfigValue? {
    guard case .adaptive(let spacingFactor, let minimumMeters, let maximumMeters) = self else {
      return nil
    }
    return .object([
      Key.kind.rawValue: .string(Kind.adaptive.rawValue),
      Key.spacingFactor.rawValue: .number(spacingFactor),
      Key.minimumMeters.rawValue: .number(minimumMeters),
      Key.maximumMeters.rawValue: .number(maximumMeters),
    ])
  }
}

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
