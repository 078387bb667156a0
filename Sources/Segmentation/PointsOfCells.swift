/// The points of each voxel, or pixel, of a scene.
struct PointsOfCells: Sendable {
  /// `[cells + 1]`: where the points of each cell begin.
  private let starts: [Int32]
  /// The points, cell by cell, ascending within each.
  private let points: [Int32]

  /// - Parameters:
  ///   - cellOfPoint: `[points]`: the cell of each point, -1 for points of none.
  ///   - cellCount: more than any cell's index.
  init(cellOfPoint: [Int32], cellCount: Int) {
    var starts = [Int32](repeating: 0, count: cellCount + 1)
    for cell in cellOfPoint where cell >= 0 { starts[Int(cell)] += 1 }
    // Sums that end each cell: filled from its end, the points of a cell leave the sum that begins it.
    for cell in 0..<cellCount { starts[cell + 1] += starts[cell] }
    var points = [Int32](repeating: 0, count: Int(starts[cellCount]))
    for point in cellOfPoint.indices.reversed() where cellOfPoint[point] >= 0 {
      let cell = Int(cellOfPoint[point])
      starts[cell] -= 1
      points[Int(starts[cell])] = Int32(point)
    }
    self.starts = starts
    self.points = points
  }

  subscript(cell: Int) -> ArraySlice<Int32> { points[Int(starts[cell])..<Int(starts[cell + 1])] }
}
