package import Models
import PointClouds

/// A cloud and its nearest neighbors, for other programs to do the same work.
package enum NeighborExport {
  /// Finds the neighbors of one case.
  ///
  /// - Parameter problem: what to find.
  /// - Returns: X `[points, 3]`, relative to the middle, and N `[points, neighbors]`.
  /// - Throws: `BenchmarkError.outOfMemory`.
  package static func tensors(
    _ problem: NeighborsBenchmark.Case
  ) throws(BenchmarkError) -> [String: HostTensor] {
    let surface = SyntheticSurface(
      pointCount: problem.pointCount, order: problem.order, seed: 1)
    let points = NeighborIndex.recentered(surface.positions, dimensions: 3)
    let found = try NeighborWorkload.neighbors(of: points, count: problem.neighborCount)
    return [
      "X": HostTensor(shape: [problem.pointCount, 3], values: .float32(points)),
      "N": HostTensor(
        shape: [problem.pointCount, problem.neighborCount], values: .int32(found.indices)),
    ]
  }
}
