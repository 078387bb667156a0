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
