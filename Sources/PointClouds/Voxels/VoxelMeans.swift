import Batching

/// Finds the voxels of one small set of points after the other on one thread, in the same memory as
/// far as it goes.
package struct VoxelMeans: Sendable {
  private var order = CellSort()

  package init() {}

  /// The mean positions of the points of each voxel, and the voxel of each point: bit for bit those of
  /// a `VoxelGrid`.
  ///
  /// - Parameters:
  ///   - positions: `[points, 3]`, finite, at least one point.
  ///   - size: the edge of a voxel, of which the points span at most 2³¹ − 1 along each axis.
  ///   - means: becomes `[voxels, 3]`, in the memory that it has as far as it goes.
  ///   - voxelOfPoint: becomes `[points]`, in the same way.
  package mutating func find(
    of positions: [Double], size: Double, into means: inout [Double],
    voxelOfPoint: inout [Int32]
  ) {
    let positions = LocalPositions(positions)
    precondition(positions.count > 0 && positions.count <= Int(Int32.max))
    var lower = positions[0]
    var upper = lower
    for point in 1..<positions.count {
      lower = pointwiseMin(lower, positions[point])
      upper = pointwiseMax(upper, positions[point])
    }
    do throws(WorkAbandoned) {
      try order.sort(
        positions, in: VoxelFrame(lower: lower, upper: upper, size: size), on: .alone)
    } catch {
      preconditionFailure("what one thread does alone is always wanted")
    }
    means.removeAll(keepingCapacity: true)
    voxelOfPoint.removeAll(keepingCapacity: true)
    voxelOfPoint.append(contentsOf: repeatElement(0, count: positions.count))
    var voxel: Int32 = 0
    var sum = SIMD3<Double>.zero
    var count = 0.0
    for (place, entry) in order.entries.enumerated() {
      sum += positions[Int(entry.point)]
      voxelOfPoint[Int(entry.point)] = voxel
      count += 1
      let next = place + 1
      guard next == order.entries.count || !entry.isInCell(of: order.entries[next]) else {
        continue
      }
      let mean = sum / count
      for axis in 0..<3 { means.append(mean[axis]) }
      (sum, count) = (.zero, 0)
      voxel += 1
    }
  }
}
