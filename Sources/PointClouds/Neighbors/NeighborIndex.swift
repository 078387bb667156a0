/// Answers exact k-nearest-neighbor queries over a fixed set of points.
///
/// Distances are computed in float64 from the coordinates as given, so that clouds far from the
/// origin lose nothing. Points at equal distance are ordered by index.
package struct NeighborIndex: Sendable {
  /// The number of points.
  package let count: Int
  /// The width of a point: 2 or 3.
  package let dimensions: Int
  private let structure: Structure

  private enum Structure {
    case tree(NeighborTree)
    /// A grid, and the positions to make a tree from for what the grid cannot answer.
    case grid(NeighborGrid, positions: [Double])
  }

  /// Indexes `positions`, `[count, dimensions]`, row-major, all finite.
  ///
  /// `dimensions` is 2 or 3.
  package init(_ positions: [Double], dimensions: Int) {
    precondition(dimensions == 2 || dimensions == 3)
    precondition(positions.count.isMultiple(of: dimensions))
    self.dimensions = dimensions
    count = positions.count / dimensions
    precondition(count <= Int(Int32.max))
    structure = .tree(NeighborTree(positions, dimensions: dimensions))
  }

  /// Indexes `positions`, `[count, 3]`, row-major, all finite, that lie about evenly.
  ///
  /// `spacing` is about the distance between points next to each other, above zero. It decides how
  /// long queries take, not what they answer.
  package init(_ positions: [Double], spacing: Double) {
    let grid = NeighborGrid(positions, spacing: spacing)
    dimensions = 3
    count = positions.count / 3
    precondition(count <= Int(Int32.max))
    structure =
      grid.map { .grid($0, positions: positions) }
      ?? .tree(NeighborTree(positions, dimensions: 3))
  }

  /// The `k` nearest points of each query, by distance, then by index.
  ///
  /// `queries` is `[queries, dimensions]`, the result `[queries, k]`. Where `k` exceeds `count`, the
  /// missing entries are the last point's index, `count - 1`. The index holds at least one point.
  package func nearest(_ k: Int, to queries: [Double]) -> [Int32] {
    search(k, queries).indices
  }

  /// As `nearest(_:to:)`, with the squared distances, `[queries, k]`; missing ones are infinite.
  package func nearestWithSquaredDistances(
    _ k: Int, to queries: [Double]
  ) -> (indices: [Int32], squaredDistances: [Double]) {
    search(k, queries)
  }

  private func search(
    _ k: Int, _ queries: [Double]
  ) -> (indices: [Int32], squaredDistances: [Double]) {
    precondition(k > 0 && count > 0)
    precondition(queries.count.isMultiple(of: dimensions))
    if case .grid(let grid, _) = structure, k <= min(count, NeighborGrid.neighborLimit),
      let found = grid.nearest(k, to: queries)
    {
      return found
    }
    let tree = tree()
    let found = min(k, count)
    let queryCount = queries.count / dimensions
    var indices = [Int32](repeating: Int32(count - 1), count: queryCount * k)
    var squaredDistances = [Double](repeating: .infinity, count: queryCount * k)
    var nearest = [NeighborCandidates.Candidate](
      repeating: NeighborCandidates.Candidate(), count: found)
    for query in 0..<queryCount {
      let start = query * dimensions
      let target = SIMD3(
        queries[start], queries[start + 1], dimensions == 3 ? queries[start + 2] : 0)
      tree.findNearest(to: target, in: &nearest)
      for (place, neighbor) in nearest.enumerated() {
        indices[query * k + place] = neighbor.index
        squaredDistances[query * k + place] = neighbor.squaredDistance
      }
    }
    return (indices, squaredDistances)
  }

  /// The tree, or one made for what the grid cannot answer.
  private func tree() -> NeighborTree {
    switch structure {
    case .tree(let tree): tree
    case .grid(_, let positions): NeighborTree(positions, dimensions: dimensions)
    }
  }
}
