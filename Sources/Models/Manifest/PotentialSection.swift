import Layers

/// Potential-driven centers: the voxel of lowest potential is the next center until all exceed a
/// threshold; each window adds its weights, `max(minimumWeight, 1 - d² / (radiusFactor · d²max))`
/// raised to `exponent`, with d the distance to the center in x and y.
package struct PotentialSection: Sendable, Hashable {
  package var threshold = 0.25
  package var radiusFactor = 1.02
  package var minimumWeight = 0.02
  package var exponent = 2.0

  private enum Key: String, CaseIterable {
    case threshold
    case radiusFactor = "radius_factor"
    case minimumWeight = "minimum_weight"
    case exponent
  }

  init() {}

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    threshold = try object.number(.threshold, in: 0...1000, default: threshold)
    radiusFactor = try object.number(.radiusFactor, in: 1...1000, default: radiusFactor)
    // Each window must raise its own center, or choosing centers would never end.
    minimumWeight = try object.number(.minimumWeight, in: 1e-6...1, default: minimumWeight)
    exponent = try object.number(.exponent, in: 0...4, default: exponent)
  }

  var json: ConfigValue {
    .object([
      Key.threshold.rawValue: .number(threshold), Key.radiusFactor.rawValue: .number(radiusFactor),
      Key.minimumWeight.rawValue: .number(minimumWeight), Key.exponent.rawValue: .number(exponent),
    ])
  }
}
