/// The points of each voxel, or pixel, of a scene.
struct PointsOfCells: Sendable {
  /// `[cells + 1]`: where the points of each cell begin.
  private let starts: [Int]
  /// The points, cell by cell, ascending within each.
  private let points: [Int32]

  /// - Parameters:
  ///   - cellOfPoint: `[points]`: the cell of each point, -1 for points of none.
  ///   - cellCount: more than any cell's index.
  init(cellOfPoint: [Int32], cellCount: Int) {
    var starts = [Int](repeating: 0, count: cellCount + 1)
    for cell in cellOfPoint where cell >= 0 { starts[Int(cell) + 1] += 1 }
    for cell in 0..<cellCount { starts[cell + 1] += starts[cell] }
    var next = starts
    var points = [Int32](repeating: 0, count: starts[cellCount])
    for (point, cell) in cellOfPoint.enumerated() where cell >= 0 {
      points[next[Int(cell)]] = Int32(point)
      next[Int(cell)] += 1
    }
    self.starts = starts
    self.points = points
  }

  subscript(cell: Int) -> ArraySlice<Int32> { points[starts[cell]..<starts[cell + 1]] }
}
