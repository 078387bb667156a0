import Batching
import Models
import PointClouds

/// How high points lie above the bare ground, meters; below zero under it.
struct HeightAboveGround: Sendable {
  private let positions: LocalPositions
  private let terrain: TerrainModel

  /// Finds the ground.
  ///
  /// - Parameters:
  ///   - positions: meters, all finite, at least one.
  ///   - voxelUnit: the voxel unit of the same points, meters, which tells how fine a terrain they
  ///     can show.
  ///   - section: the constants of the terrain filter.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Throws: `WorkAbandoned`.
  init(
    of positions: LocalPositions, voxelUnit: Double, section: HeightAboveGroundSection,
    on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    let isCoarse = voxelUnit >= section.coarseFromVoxelMeters
    terrain = try TerrainModel(
      positions: positions, cellSize: isCoarse ? section.coarseCellMeters : section.cellMeters,
      section: section, on: threads)
    self.positions = positions
  }

  /// The height of a point by its place among the positions.
  subscript(place: Int) -> Double {
    let position = positions[place]
    return position.z - terrain.elevation(x: position.x, y: position.y)
  }
}
