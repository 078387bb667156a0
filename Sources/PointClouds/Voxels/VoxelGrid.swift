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
  /// Throws `CloudError.extentTooLarge` where the cloud spans more than 2³¹ − 1 voxels along an axis.
  package init(_ positions: [Double], size: Double) throws(CloudError) {
    precondition(size > 0 && size.isFinite)
    precondition(!positions.isEmpty && positions.count.isMultiple(of: 3))
    precondition(positions.count / 3 <= Int(Int32.max))
    let cells = try VoxelCells(positions, size: size)
    let (voxelOfPoint, pointCounts) = cells.numbered()
    self.size = size
    self.voxelOfPoint = voxelOfPoint
    self.pointCounts = pointCounts
    centers = Self.means(
      of: positions, width: 3, voxelOfPoint: voxelOfPoint, pointCounts: pointCounts)
  }

  /// The mean of a value `[points]` over the points of each voxel, `[voxels]`.
  ///
  /// Summed in the order of the points.
  package func means(of values: [Double]) -> [Double] {
    precondition(values.count == voxelOfPoint.count)
    return Self.means(of: values, width: 1, voxelOfPoint: voxelOfPoint, pointCounts: pointCounts)
  }

  private static func means(
    of values: [Double], width: Int, voxelOfPoint: [Int32], pointCounts: [Int32]
  ) -> [Double] {
    var means = [Double](repeating: 0, count: pointCounts.count * width)
    var next = 0
    for voxel in voxelOfPoint {
      let row = Int(voxel) * width
      for column in 0..<width {
        means[row + column] += values[next]
        next += 1
      }
    }
    for voxel in pointCounts.indices {
      for column in 0..<width { means[voxel * width + column] /= Double(pointCounts[voxel]) }
    }
    return means
  }
}
