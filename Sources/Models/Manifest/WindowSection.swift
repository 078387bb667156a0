import Layers

/// How a cloud is cut into the windows that the network sees.
package struct WindowSection: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Squares in x and y, `extentMeters` wide, overlapping by `overlapMeters`.
    case grid
    /// Spheres of diameter `extentMeters` whose centers lie `extentMeters - overlapMeters` apart.
    case sphere
    /// The `maximumPoints` voxels nearest to a center in x and y; centers follow the potential.
    case nearest
  }

  package var kind: Kind
  /// Meters; 0 for `nearest`, which has no extent of its own.
  package var extentMeters: Double
  /// Meters, less than the extent.
  package var overlapMeters: Double
  /// The most voxels of the finest level that one window holds.
  package var maximumPoints: Int
  /// How `nearest` chooses centers and weighs votes.
  package var potential: PotentialSection

  private enum Key: String, CaseIterable {
    case kind
    case extentMeters = "extent_meters"
    case overlapMeters = "overlap_meters"
    case maximumPoints = "max_points"
    case potential
  }

  /// The largest window that a manifest may ask for, in voxels.
  static let maximumPointsLimit = 1 << 20

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    kind = try object.choice(.kind, of: Kind.self)
    maximumPoints = try object.integer(.maximumPoints, in: 1...Self.maximumPointsLimit)
    if kind == .nearest {
      extentMeters = try object.number(.extentMeters, in: 0...0, default: 0)
      overlapMeters = try object.number(.overlapMeters, in: 0...0, default: 0)
    } else {
      extentMeters = try object.number(.extentMeters, in: .positive)
      overlapMeters = try object.number(.overlapMeters, in: .nonnegative, default: 0)
      guard overlapMeters < extentMeters else {
        throw .invalidValue(
          key: object.path(.overlapMeters), expected: "less than extent_meters, \(extentMeters)",
          found: "\(overlapMeters)")
      }
    }
    potential =
      object.contains(.potential)
      ? try PotentialSection(
        object.value(.potential, expected: "an object"), path: object.path(.potential))
      : PotentialSection()
  }

  var json: ConfigValue {
    var members: [String: ConfigValue] = [
      Key.kind.rawValue: .string(kind.rawValue),
      Key.maximumPoints.rawValue: .integer(maximumPoints),
    ]
    if kind == .nearest {
      members[Key.potential.rawValue] = potential.json
    } else {
      members[Key.extentMeters.rawValue] = .number(extentMeters)
      members[Key.overlapMeters.rawValue] = .number(overlapMeters)
    }
    return .object(members)
  }
}
