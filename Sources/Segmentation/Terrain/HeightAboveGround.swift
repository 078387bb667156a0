/// How high points lie above the bare ground, meters; below zero under it.
enum HeightAboveGround {
  /// From this grid size on, a cloud is too sparse for terrain cells of one meter, meters.
  private static let sparseGridSize = 1.2

  /// Finds the height of each point.
  ///
  /// - Parameters:
  ///   - positions: `[points, 3]`, meters, all finite.
  ///   - gridSize: the adaptive grid size of the same points, meters, which decides how fine a
  ///     terrain they can show.
  /// - Returns: `[points]`.
  static func heights(of positions: [Double], gridSize: Double) -> [Double] {
    guard !positions.isEmpty else { return [] }
    let terrain = TerrainModel(
      positions: positions, cellSize: gridSize < sparseGridSize ? 1 : 2)
    return stride(from: 0, to: positions.count, by: 3).map { start in
      positions[start + 2] - terrain.elevation(x: positions[start], y: positions[start + 1])
    }
  }
}
