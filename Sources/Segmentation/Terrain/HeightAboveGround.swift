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
  /// - Returns: `[points]`.
  static func heights(
    of positions: [Double], voxelUnit: Double, section: HeightAboveGroundSection
  ) -> [Double] {
    guard !positions.isEmpty else { return [] }
    let isCoarse = voxelUnit >= section.coarseFromVoxelMeters
    let terrain = TerrainModel(
      positions: positions, cellSize: isCoarse ? section.coarseCellMeters : section.cellMeters,
      section: section)
    return stride(from: 0, to: positions.count, by: 3).map { start in
      positions[start + 2] - terrain.elevation(x: positions[start], y: positions[start + 1])
    }
  }
}
