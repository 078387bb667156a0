import Models

extension VoxelUnit {
  /// The length of one unit for a cloud.
  ///
  /// - Parameter positions: `[points, 3]`, meters, all finite, at least one point.
  /// - Returns: meters.
  func meters(for positions: [Double]) -> Double {
    switch self {
    case .meters: 1
    case .adaptive(let spacingFactor, let minimumMeters, let maximumMeters):
      min(max(spacingFactor * PlanarSpacing.meters(of: positions), minimumMeters), maximumMeters)
    }
  }
}
