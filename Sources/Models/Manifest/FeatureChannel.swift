import Layers

/// What is measured at a point, before scaling.
package enum PointFeature: String, Sendable, Hashable, CaseIterable {
  /// 1.
  case one
  /// Height above the lowest point of the cloud, meters.
  case heightAboveMinimum = "height_above_minimum"
  /// Height above the ground found by the morphological filter, meters.
  case heightAboveGround = "height_above_ground"
  /// Intensity as the file holds it.
  case intensity
  /// Return number, from 1.
  case returnNumber = "return_number"
  /// Number of returns of the pulse, from 1.
  case numberOfReturns = "number_of_returns"
  /// 1 where the pulse had several returns, else 0; the default where the cloud has none such.
  case multipleReturns = "multiple_returns"
  /// Return number divided by number of returns; 1 where the latter is 0.
  case returnRatio = "return_ratio"
  /// 1 where the cloud tells returns apart, else the default.
  case hasReturns = "has_returns"
  case red
  case green
  case blue
  /// Natural logarithm of the voxel unit in meters.
  case voxelLogarithm = "voxel_logarithm"
  /// Of the voxels of a neighborhood: (l2 − l3) / l1, with l1 ≥ l2 ≥ l3 the standard deviations along
  /// the axes of their covariance; 1 for a plane, 0 for a line or a ball.
  case planarity
  /// Of the voxels of a neighborhood: l3 / l1; 1 for a ball.
  case scattering
  /// Of the voxels of a neighborhood: |z| of the axis of least deviation; 1 for level ground.
  case normalElevation = "normal_elevation"
  /// Of the voxels of a neighborhood: standard deviation of the height above ground, meters.
  case heightDeviation = "height_deviation"

  /// Whether the feature belongs to the voxels around a voxel rather than to its points.
  package var isOfNeighborhood: Bool {
    switch self {
    case .planarity, .scattering, .normalElevation, .heightDeviation: true
    default: false
    }
  }

  /// Whether the feature needs each point's height above ground.
  package var needsHeightAboveGround: Bool {
    self == .heightAboveGround || self == .heightDeviation
  }
}

/// How a clipped value is bent before it is divided.
package enum FeatureTransform: String, Sendable, Hashable, CaseIterable {
  case identity
  /// √max(value, 0).
  case squareRoot = "square_root"
  /// ln(1 + max(value, 0)).
  case logarithm
}

/// What a channel's mean is taken over.
package enum FeatureAverage: String, Sendable, Hashable, CaseIterable {
  /// The points of the voxel; nothing for a feature of the neighborhood, which is the voxel's own.
  case voxel
  /// The voxels of the neighborhood, each by its own mean.
  case neighborhood
}

/// One channel of the graph input `F`: `transform(clip(mean of the feature)) / divisor`.
///
/// In a manifest either the feature's name alone, or an object with the keys below.
package struct FeatureChannel: Sendable, Hashable {
  package var feature: PointFeature
  package var minimum: Double
  package var maximum: Double
  package var transform: FeatureTransform
  package var divisor: Double
  package var average: FeatureAverage
  /// The channel's value for every point of a cloud without the attribute.
  package var defaultValue: Double

  private enum Key: String, CaseIterable {
    case feature = "name"
    case minimum, maximum, transform, divisor, average
    case defaultValue = "default"
  }

  /// The feature as it is, with 0 where the attribute is missing.
  package init(_ feature: PointFeature) {
    self.feature = feature
    minimum = -Double.greatestFiniteMagnitude
    maximum = Double.greatestFiniteMagnitude
    transform = .identity
    divisor = 1
    average = .voxel
    defaultValue = 0
  }

  static func read(
    _ values: [ConfigValue], path: String
  ) throws(ManifestError) -> [FeatureChannel] {
    guard !values.isEmpty else {
      throw .invalidValue(key: path, expected: "at least one feature", found: "none")
    }
    return try values.enumerated().map { index, value throws(ManifestError) in
      try FeatureChannel(value, path: "\(path)[\(index)]")
    }
  }

  private init(_ value: ConfigValue, path: String) throws(ManifestError) {
    guard case .string(let name) = value else {
      let object = try ManifestObject(value, path: path, keys: Key.self)
      let name = try object.string(.feature)
      self.init(try Self.feature(named: name, path: object.path(.feature)))
      minimum = try object.number(.minimum, in: .anyFinite, default: minimum)
      maximum = try object.number(.maximum, in: .anyFinite, default: maximum)
      guard minimum <= maximum else {
        throw .invalidValue(
          key: object.path(.maximum), expected: "a number of at least \(minimum)",
          found: "\(maximum)")
      }
      transform = try object.choice(.transform, of: FeatureTransform.self, default: .identity)
      divisor = try object.number(.divisor, in: .positive, default: 1)
      average = try object.choice(.average, of: FeatureAverage.self, default: .voxel)
      defaultValue = try object.number(.defaultValue, in: .anyFinite, default: 0)
      return
    }
    self.init(try Self.feature(named: name, path: path))
  }

  private static func feature(
    named name: String, path: String
  ) throws(ManifestError) -> PointFeature {
    guard let feature = PointFeature(rawValue: name) else {
      let known = PointFeature.allCases.map(\.rawValue)
      let nearest = EditDistance.nearest(to: name, among: known).map { ", such as \"\($0)\"" } ?? ""
      throw .invalidValue(
        key: path, expected: "a feature that the service computes\(nearest)", found: "\"\(name)\"")
    }
    return feature
  }

  var json: ConfigValue {
    guard self != FeatureChannel(feature) else { return .string(feature.rawValue) }
    let plain = FeatureChannel(feature)
    var members: [String: ConfigValue] = [Key.feature.rawValue: .string(feature.rawValue)]
    if minimum != plain.minimum { members[Key.minimum.rawValue] = .number(minimum) }
    if maximum != plain.maximum { members[Key.maximum.rawValue] = .number(maximum) }
    if transform != plain.transform {
      members[Key.transform.rawValue] = .string(transform.rawValue)
    }
    if divisor != plain.divisor { members[Key.divisor.rawValue] = .number(divisor) }
    if average != plain.average { members[Key.average.rawValue] = .string(average.rawValue) }
    if defaultValue != plain.defaultValue {
      members[Key.defaultValue.rawValue] = .number(defaultValue)
    }
    return .object(members)
  }
}
