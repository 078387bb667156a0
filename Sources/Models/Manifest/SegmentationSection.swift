import Layers

/// A `segmentation` section of kind `voxels`: how a raw cloud becomes windows of voxels, the graph's
/// inputs, and how the graph's outputs become one label per point.
package struct SegmentationSection: Sendable, Hashable {
  /// In the order of the output channels: class `i` belongs to channel `i`.
  package var classes: [PointClass]
  /// The channels of the graph input `F`, in order.
  package var features: [FeatureChannel]
  package var window: WindowSection
  /// The resolutions of the network, finest first; at least one.
  package var levels: [PyramidLevel]
  /// How the votes of overlapping windows for one voxel become one.
  package var reduction: VoteReduction
  /// The unit of length of the voxel grid and of the network's coordinates.
  package var voxel: VoxelUnit
  /// What the origin of a window's coordinates is.
  package var origin: WindowOrigin
  /// Points with these ASPRS codes take no part and keep their code.
  package var excludedLASCodes: [UInt8]
  /// How height above ground is computed, for the features that need it.
  package var heightAboveGround: HeightAboveGroundSection
  /// How many voxels are a voxel's neighborhood, itself included, for the features that need it.
  package var neighborhoodCount: Int

  private enum Key: String, CaseIterable {
    case classes, features, window, levels
    case reduction = "reduce"
    case voxel, origin
    case excludedLASCodes = "excluded_las_codes"
    case heightAboveGround = "height_above_ground"
    case neighborhood, kind
  }

  private enum NeighborhoodKey: String, CaseIterable {
    case neighbors
  }

  /// The most voxels of a neighborhood.
  private static let neighborhoodLimit = 256
  private static let defaultNeighborhoodCount = 16

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    classes = try PointClass.read(object.array(.classes, of: "classes"), path: path + ".classes")
    features = try FeatureChannel.read(
      object.array(.features, of: "features"), path: path + ".features")
    window = try WindowSection(
      object.value(.window, expected: "an object"), path: object.path(.window))
    voxel =
      object.contains(.voxel)
      ? try VoxelUnit(object.value(.voxel, expected: "an object"), path: object.path(.voxel))
      : .meters
    levels = try PyramidLevel.read(
      object.array(.levels, of: "levels"), path: path + ".levels", unit: voxel)
    reduction = try object.choice(.reduction, of: VoteReduction.self, default: .mean)
    origin = try object.choice(.origin, of: WindowOrigin.self, default: .center)
    excludedLASCodes = try object.integers(.excludedLASCodes, in: 0...255, default: [])
      .map { UInt8($0) }
    heightAboveGround =
      object.contains(.heightAboveGround)
      ? try HeightAboveGroundSection(
        object.value(.heightAboveGround, expected: "an object"),
        path: object.path(.heightAboveGround)) : HeightAboveGroundSection()
    neighborhoodCount = Self.defaultNeighborhoodCount
    if object.contains(.neighborhood) {
      let neighborhood = try ManifestObject(
        object.value(.neighborhood, expected: "an object"), path: object.path(.neighborhood),
        keys: NeighborhoodKey.self)
      neighborhoodCount = try neighborhood.integer(.neighbors, in: 1...Self.neighborhoodLimit)
    }
  }

  var json: ConfigValue {
    var members: [String: ConfigValue] = [
      Key.classes.rawValue: .array(classes.map(\.json)),
      Key.features.rawValue: .array(features.map(\.json)),
      Key.window.rawValue: window.json,
      Key.levels.rawValue: .array(levels.map { $0.json(unit: voxel) }),
      Key.reduction.rawValue: .string(reduction.rawValue),
      Key.origin.rawValue: .string(origin.rawValue),
      Key.excludedLASCodes.rawValue: .array(excludedLASCodes.map { .integer(Int($0)) }),
      Key.heightAboveGround.rawValue: heightAboveGround.json,
    ]
    members[Key.voxel.rawValue] = voxel.json
    if neighborhoodCount != Self.defaultNeighborhoodCount {
      members[Key.neighborhood.rawValue] = .object([
        NeighborhoodKey.neighbors.rawValue: .integer(neighborhoodCount)
      ])
    }
    return .object(members)
  }
}

/// How several votes for one voxel become one.
package enum VoteReduction: String, Sendable, Hashable, CaseIterable {
  case mean
  case sum
  case max
  case entropic
}

/// What a window subtracts from its points, in float64, before they become float32.
package enum WindowOrigin: String, Sendable, Hashable, CaseIterable {
  /// The window's center in all three axes.
  case center
  /// The window's center in x and y, the lowest point of the window in z.
  case centerAndFloor = "center_and_floor"
}
