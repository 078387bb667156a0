import CKernels

/// A uniform grid over points that lie about evenly: it finds their neighbors several times faster
/// than a tree does.
///
/// `@unchecked Sendable`: the grid is written by its creation alone, before this object exists, and
/// by its destruction, after the last reference is gone; queries only read it.
@safe final class NeighborGrid: @unchecked Sendable {
  /// The most neighbors that a query may ask for.
  static let neighborLimit = Int(CKERNELS_NEIGHBOR_GRID_LIMIT)
  /// The edge of a cell in terms of the distance between points: most neighborhoods of 16 points on a
  /// surface then lie within the 27 cells around their center.
  private static let cellsPerSpacing = 3.0
  private let pointer: OpaquePointer

  /// Sorts `positions`, `[count, 3]`, finite, into a grid; `spacing` is about the distance between
  /// points next to each other, above zero.
  ///
  /// `nil` where a grid is of no use: without points, where they lie too far apart or too close
  /// together for that spacing, or when memory runs out.
  init?(_ positions: [Double], spacing: Double) {
    precondition(spacing > 0 && spacing.isFinite && positions.count.isMultiple(of: 3))
    let count = positions.count / 3
    let cellEdge = Self.cellsPerSpacing * spacing
    guard count > 0, count <= Int(Int32.max), cellEdge.isFinite else { return nil }
    // As many points as the array holds.
    let created = unsafe ckernels_neighbor_grid_create(count, positions, cellEdge)
    guard let created = unsafe created else { return nil }
    unsafe pointer = created
  }

  deinit { unsafe ckernels_neighbor_grid_destroy(pointer) }

  /// The `k` nearest points of each query `[queries, 3]` by distance, then by index, and their squared
  /// distances, `[queries, k]`; k is at most the number of points and `neighborLimit`.
  ///
  /// `nil` when memory runs out.
  func nearest(
    _ k: Int, to queries: [Double]
  ) -> (indices: [Int32], squaredDistances: [Double])? {
    precondition((1...Self.neighborLimit).contains(k) && queries.count.isMultiple(of: 3))
    let queryCount = queries.count / 3
    precondition(queryCount <= Int(Int32.max))
    var squaredDistances = [Double](repeating: 0, count: queryCount * k)
    var indices = [Int32](repeating: 0, count: queryCount * k)
    // The arrays have the sizes that the kernel expects.
    let isDone = unsafe ckernels_neighbor_grid_query(
      pointer, queryCount, queries, k, &indices, &squaredDistances)
    return isDone ? (indices, squaredDistances) : nil
  }
}
