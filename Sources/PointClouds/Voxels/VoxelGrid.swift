package import Batching

/// A cloud divided into cubic voxels, of which only the occupied ones exist.
///
/// The voxel of a point has the cell ⌊(position − origin) / size⌋, with the origin at the cloud's
/// minimum. Voxels are numbered in lexicographic order of their cells: x, then y, then z.
package struct VoxelGrid: Sendable {
  /// The edge of a voxel, in the unit of the positions.
  package let size: Double
  /// `[points]`: the voxel of each point.
  package let voxelOfPoint: [Int32]
  /// `[voxels]`: the number of points in each voxel, at least one.
  package let pointCounts: [Int32]
  /// `[voxels, 3]`, row-major: the mean position of the points in each voxel.
  package let centers: [Double]

  /// The number of occupied voxels.
  package var count: Int { pointCounts.count }

  /// Divides `positions`, `[points, 3]`, row-major, finite, at least one, into voxels of `size`.
  ///
  /// The cloud spans at most 2³¹ − 1 voxels along each axis. Throws `WorkAbandoned`.
  package init(
    _ positions: [Double], size: Double, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    precondition(size > 0 && size.isFinite)
    precondition(!positions.isEmpty && positions.count.isMultiple(of: 3))
    precondition(positions.count / 3 <= Int(Int32.max))
    let cells = try VoxelCells(positions, size: size, on: threads)
    let (voxelOfPoint, pointCounts) = try cells.numbered(on: threads)
    self.size = size
    self.voxelOfPoint = voxelOfPoint
    self.pointCounts = pointCounts
    var sums = [Double](repeating: 0, count: pointCounts.count * 3)
    try threads.inTurn(voxelOfPoint.count) { points in
      Self.add(positions, of: points, width: 3, voxelOfPoint: voxelOfPoint, to: &sums)
    }
    centers = Self.quotients(of: sums, width: 3, pointCounts: pointCounts)
  }

  /// The mean of a value `[points]` over the points of each voxel, `[voxels]`.
  ///
  /// Summed in the order of the points.
  package func means(of values: [Double]) -> [Double] {
    precondition(values.count == voxelOfPoint.count)
    var sums = [Double](repeating: 0, count: count)
    Self.add(values, of: values.indices, width: 1, voxelOfPoint: voxelOfPoint, to: &sums)
    return Self.quotients(of: sums, width: 1, pointCounts: pointCounts)
  }

  /// Adds rows of values, `[points, width]`, to those of their voxels.
  private static func add(
    _ values: [Double], of points: Range<Int>, width: Int, voxelOfPoint: [Int32],
    to sums: inout [Double]
  ) {
    var next = points.lowerBound * width
    for point in points {
      let row = Int(voxelOfPoint[point]) * width
      for column in 0..<width {
        sums[row + column] += values[next]
        next += 1
      }
    }
  }

  private static func quotients(
    of sums: [Double], width: Int, pointCounts: [Int32]
  ) -> [Double] {
    var means = sums
    for voxel in pointCounts.indices {
      for column in 0..<width { means[voxel * width + column] /= Double(pointCounts[voxel]) }
    }
    return means
  }
}
