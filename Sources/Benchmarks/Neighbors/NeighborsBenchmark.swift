import CKernels
import Layers
import PointClouds

/// Measures the search for the nearest neighbors of every point of a cloud, in turns.
package struct NeighborsBenchmark: Sendable {
  /// One cloud and one number of neighbors.
  package struct Case: Sendable, Hashable {
    package let pointCount: Int
    package let order: SyntheticSurface.Order
    package let neighborCount: Int

    package init(pointCount: Int, order: SyntheticSurface.Order, neighborCount: Int) {
      self.pointCount = pointCount
      self.order = order
      self.neighborCount = neighborCount
    }
  }

  package var cases: [Case]
  package var threadCount = 1
  package var roundCount = 5
  package var clock = BenchmarkClock.wall

  private static let pointsPerTile = 2048
  private static let seed: UInt64 = 1

  package init(cases: [Case]) { self.cases = cases }

  /// Measures.
  ///
  /// - Parameter progress: called after each case of a round, with the part that is done.
  /// - Returns: the times of all rounds.
  /// - Throws: `BenchmarkError`.
  package func run(
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(BenchmarkError) -> NeighborTimings {
    var clouds: [Case: [Double]] = [:]
    for item in cases {
      let cloud = Case(pointCount: item.pointCount, order: item.order, neighborCount: 0)
      guard clouds[cloud] == nil else { continue }
      clouds[cloud] =
        SyntheticSurface(pointCount: item.pointCount, order: item.order, seed: Self.seed).positions
    }
    var builds = Array(repeating: [Double](), count: cases.count)
    var queries = builds
    for round in 0..<roundCount {
      for (number, item) in cases.enumerated() {
        let cloud = Case(pointCount: item.pointCount, order: item.order, neighborCount: 0)
        let seconds = try measure(clouds[cloud] ?? [], item.neighborCount)
        builds[number].append(seconds.build)
        queries[number].append(seconds.query)
        progress(round * cases.count + number + 1, roundCount * cases.count)
      }
    }
    return NeighborTimings(
      instructionSet: InstructionSet.name, threadCount: threadCount,
      cases: cases.indices.map {
        NeighborTimings.Case(
          problem: cases[$0], build: Samples(builds[$0]), query: Samples(queries[$0]))
      })
  }

  private func measure(
    _ positions: [Double], _ neighborCount: Int
  ) throws(BenchmarkError) -> (build: Double, query: Double) {
    let points = NeighborIndex.recentered(positions, dimensions: 3)
    let rows = points.count / 3
    let indices = KernelMemory<Int32>(count: rows * neighborCount)
    let squaredDistances = KernelMemory<Float>(count: rows * neighborCount)
    let start = clock.nanoseconds
    let kernel = try NeighborWorkload.index(points)
    let build = Double(clock.nanoseconds - start) * 1e-9
    let plan = PassPlan(threadCount: threadCount, clock: clock)
    let pointsPerTile = Self.pointsPerTile
    let query = try TileSchedule.secondsPerPass(
      plan, tileCount: (rows + pointsPerTile - 1) / pointsPerTile
    ) { tile, _ in
      let begin = tile * pointsPerTile
      // In bounds: the tiles are parts of the indexed points, each with rows of its own.
      unsafe ckernels_knn_query_across(
        kernel.pointer, kernel.pointer, begin, min(begin + pointsPerTile, rows), neighborCount,
        .infinity, indices.pointer, squaredDistances.pointer)
    }
    return (build, query)
  }
}
