import Batching
import Models
import PointClouds

extension VoxelUnit {
  /// The length of one unit for a cloud.
  ///
  /// - Parameters:
  ///   - positions: meters, all finite, at least one.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: meters.
  /// - Throws: `WorkAbandoned`.
  func meters(
    for positions: LocalPositions, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) -> Double {
    switch self {
    case .meters: return 1
    case .adaptive(let spacingFactor, let minimumMeters, let maximumMeters):
      let spacing = try PlanarSpacing.meters(of: positions, on: threads)
      return min(max(spacingFactor * spacing, minimumMeters), maximumMeters)
    }
  }
}
