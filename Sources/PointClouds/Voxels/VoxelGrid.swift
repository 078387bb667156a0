package import Batching

/// A cloud divided into cubic voxels, of which only the occupied ones exist.
///
/// The voxel of a point has the cell ⌊(position − origin) / size⌋, with the origin at the cloud's
/// minimum. Voxels are numbered in lexicographic order of their cells: x, then y, then z.
package struct VoxelGrid: Sendable {
  /// `[points]`: the voxel of each point.
  package let voxelOfPoint: [Int32]
  /// `[voxels]`: the number of points in each voxel, at least one.
  package let pointCounts: [Int32]
  /// `[voxels, 3]`, row-major: the mean position of the points in each voxel.
  package let centers: [Double]

  /// The number of occupied voxels.
  package var count: Int { pointCounts.count }

  /// How many points' values are held at a time.
  private static let blockCount = 1 << 16

  /// Divides finite positions, at least one, into voxels of `size`, in the unit of the positions.
  ///
  /// The cloud spans at most 2³¹ − 1 voxels along each axis. Throws `WorkAbandoned`.
  package init(
    _ positions: LocalPositions, size: Double, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    precondition(positions.count > 0 && positions.count <= Int(Int32.max))
    let cells = try VoxelCells(positions, size: size, on: threads)
    let (voxelOfPoint, pointCounts) = (cells.voxelOfPoint, cells.pointCounts)
    var centers = [Double](repeating: 0, count: pointCounts.count * 3)
    try threads.inTurn(positions.count) { points in
      for point in points {
        let position = positions[point]
        let start = 3 * Int(voxelOfPoint[point])
        for axis in 0..<3 { centers[start + axis] += position[axis] }
      }
    }
    for (voxel, count) in pointCounts.enumerated() {
      for axis in 0..<3 { centers[3 * voxel + axis] /= Double(count) }
    }
    self.centers = centers
    self.voxelOfPoint = voxelOfPoint
    self.pointCounts = pointCounts
  }

  /// The mean over the points of each voxel, `[voxels]`, of a value that is asked for each point.
  ///
  /// Summed in the order of the points. Throws `WorkAbandoned`.
  package func means(
    on threads: WorkSharing = .alone, of value: @escaping @Sendable (Int) -> Double
  ) throws(WorkAbandoned) -> [Double] {
    var means = [Double](repeating: 0, count: count)
    for first in stride(from: 0, to: voxelOfPoint.count, by: Self.blockCount) {
      let block = min(Self.blockCount, voxelOfPoint.count - first)
      let values = try threads.rows(block, of: Double.self, grain: 8192) { rows, values in
        for (place, row) in rows.enumerated() { values[place] = value(first + row) }
      }
      for row in 0..<block { means[Int(voxelOfPoint[first + row])] += values[row] }
    }
    for (voxel, count) in pointCounts.enumerated() { means[voxel] /= Double(count) }
    return means
  }
}
