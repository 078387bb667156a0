import Batching
import Models

/// How high points lie above the bare ground, meters; below zero under it.
enum HeightAboveGround {
  /// Finds the height of each point.
  ///
  /// - Parameters:
  ///   - positions: `[points, 3]`, meters, all finite.
  ///   - voxelUnit: the voxel unit of the same points, meters, which tells how fine a terrain they
  ///     can show.
  ///   - section: the constants of the terrain filter.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: `[points]`.
  /// - Throws: `WorkAbandoned`.
  static func heights(
    of positions: [Double], voxelUnit: Double, section: HeightAboveGroundSection,
    on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) -> [Double] {
    guard !positions.isEmpty else { return [] }
    let isCoarse = voxelUnit >= section.coarseFromVoxelMeters
    let terrain = try TerrainModel(
      positions: positions, cellSize: isCoarse ? section.coarseCellMeters : section.cellMeters,
      section: section, on: threads)
    return try threads.rows(positions.count / 3, of: Double.self, grain: 8192) { points, heights in
      for (row, point) in points.enumerated() {
        heights[row] =
          positions[3 * point + 2]
          - terrain.elevation(x: positions[3 * point], y: positions[3 * point + 1])
      }
    }
  }
}
