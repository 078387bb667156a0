import Layers

/// One run that is made before a model counts as ready.
package struct WarmupRun: Sendable, Hashable {
  /// The extent that stands for every leading -1 of the inputs.
  package var points: Int

  private enum Key: String, CaseIterable {
    case points
  }

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    points = try ManifestObject(value, path: path, keys: Key.self)
      .integer(.points, in: 1...(1 << 20))
  }

  var json: ConfigValue { .object([Key.points.rawValue: .integer(points)]) }
}
