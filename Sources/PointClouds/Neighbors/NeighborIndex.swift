import CKernels

/// Answers exact k-nearest-neighbor queries over a fixed set of points.
///
/// Squared distances are (dx² + dy²) + dz² in float32, each operation rounded once. Points at equal
/// distance are ordered by index.
///
/// `@unchecked Sendable`: the kernels' index is written by its creation alone, before this object
/// exists, and by its destruction, after the last reference is gone; queries only read it.
@safe package final class NeighborIndex: @unchecked Sendable {
  /// The number of points.
  package let count: Int
  /// The width of a point.
  package let dimensions: Int
  private let pointer: OpaquePointer

  /// Indexes `positions`, `[count, dimensions]`, row-major.
  ///
  /// `dimensions` is 1 to 3. The coordinates should be relative to a point nearby, as those of
  /// `recentered(_:dimensions:)` are: float32 has 24 bits. What is not finite is never found.
  package init(_ positions: [Float], dimensions: Int) {
    precondition((1...3).contains(dimensions) && positions.count.isMultiple(of: dimensions))
    self.dimensions = dimensions
    count = positions.count / dimensions
    precondition(count <= Int(Int32.max))
    // As many points as the array holds.
    let created = unsafe ckernels_knn_create(count, dimensions, positions)
    guard let created = unsafe created else {
      preconditionFailure("no memory for an index of \(count) points")
    }
    unsafe pointer = created
  }

  deinit { unsafe ckernels_knn_destroy(pointer) }

  /// Positions `[count, dimensions]` relative to their mean.
  ///
  /// What is lost to float32 is at most 2⁻²⁴ of a coordinate that is left: 30 µm in a tile of 1 km.
  package static func recentered(_ positions: [Double], dimensions: Int) -> [Float] {
    var recentered = [Float](repeating: 0, count: positions.count)
    for axis in 0..<dimensions {
      let places = stride(from: axis, to: positions.count, by: dimensions)
      var sum = 0.0
      for place in places { sum += positions[place] }
      let mean = sum / Double(positions.count / dimensions)
      for place in places { recentered[place] = Float(positions[place] - mean) }
    }
    return recentered
  }

  /// The `k` nearest points of each query, by distance, then by index.
  ///
  /// `queries` is `[queries, dimensions]`, the result `[queries, k]`. Where `k` exceeds `count`, the
  /// missing entries are the last point's index, `count - 1`. The index holds at least one point.
  package func nearest(_ k: Int, to queries: [Float]) -> [Int32] {
    precondition(queries.count.isMultiple(of: dimensions))
    let queryCount = queries.count / dimensions
    var indices = noNeighbors(k, of: queryCount)
    // The arrays have the sizes that the kernel expects.
    let isDone = unsafe ckernels_knn_query(
      pointer, queryCount, queries, k, .infinity, &indices, nil)
    precondition(isDone, "no memory for \(queryCount) queries")
    return completed(indices)
  }

  /// The same for each point of an index of as many dimensions, `[queries.count, k]`; faster, since
  /// the points of an index are sorted already.
  package func nearest(_ k: Int, to queries: NeighborIndex) -> [Int32] {
    precondition(queries.dimensions == dimensions)
    var indices = noNeighbors(k, of: queries.count)
    // One row for each query.
    unsafe ckernels_knn_query_across(
      pointer, queries.pointer, 0, queries.count, k, .infinity, &indices, nil)
    return completed(indices)
  }

  private func noNeighbors(_ k: Int, of queryCount: Int) -> [Int32] {
    precondition(k > 0 && count > 0 && queryCount <= Int(Int32.max))
    return [Int32](repeating: -1, count: queryCount * k)
  }

  /// Puts the last point where nothing was found.
  private func completed(_ indices: [Int32]) -> [Int32] {
    let last = Int32(count - 1)
    return indices.map { $0 < 0 ? last : $0 }
  }
}
