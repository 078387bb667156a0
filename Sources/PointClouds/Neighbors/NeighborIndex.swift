package import Batching
import CKernels

/// Answers exact k-nearest-neighbor queries over a fixed set of points.
///
/// Squared distances are (dx² + dy²) + dz² in float32, each operation rounded once. Points at equal
/// distance are ordered by index.
///
/// `@unchecked Sendable`: the kernels' index and the numbers beside it are written by whoever alone has
/// a reference, before anybody else can have one, and by the destruction, after the last one is gone;
/// queries only read them. `renew` finds out as arrays do that are copied on write: its `inout` variable
/// keeps others from taking a reference, and whoever queries holds one of his own.
@safe package final class NeighborIndex: @unchecked Sendable {
  /// The number of points.
  package private(set) var count = 0
  /// The width of a point.
  package private(set) var dimensions = 3
  private let pointer: OpaquePointer

  /// An index that holds no points yet.
  private init() {
    guard let created = unsafe ckernels_knn_create() else {
      preconditionFailure("no memory for an index")
    }
    unsafe pointer = created
  }

  /// Indexes `positions`, `[count, dimensions]`, row-major.
  ///
  /// `dimensions` is 1 to 3. The coordinates should be relative to a point nearby, as those of
  /// `recentered(_:dimensions:)` are: float32 has 24 bits. What is not finite is never found.
  package convenience init(_ positions: [Float], dimensions: Int) {
    self.init()
    build(positions, dimensions: dimensions)
  }

  /// The same on several threads; the index does not depend on their number.
  ///
  /// - Throws: `WorkAbandoned`.
  package convenience init(
    _ positions: [Float], dimensions: Int, on threads: WorkSharing
  ) throws(WorkAbandoned) {
    self.init()
    setSize(of: positions, dimensions: dimensions)
    let outcome = unsafe threads.withPartRunner { runner in
      // As many points as the array holds.
      unsafe ckernels_knn_build(pointer, count, dimensions, positions, runner)
    }
    guard outcome != ckernels_knn_abandoned else { throw WorkAbandoned() }
    expect(outcome)
  }

  /// Makes `index` one of `positions`, in the memory that it has, unless somebody else holds it.
  package static func renew(
    _ index: inout NeighborIndex?, _ positions: [Float], dimensions: Int
  ) {
    reusable(&index).build(positions, dimensions: dimensions)
  }

  /// Makes `index` one of `positions`, `[count, dimensions]`, that stand for the points of a finer
  /// index, such as the means of their voxels; it takes its order from there and sorts nothing.
  ///
  /// - Parameters:
  ///   - index: gives its memory, unless somebody else holds it.
  ///   - positions: of as many dimensions as the finer index has.
  ///   - finer: another index.
  ///   - coarserPoints: `[finer.count]`: which of the positions stands for each finer point.
  package static func renew(
    _ index: inout NeighborIndex?, _ positions: [Float], coarserThan finer: NeighborIndex,
    coarserPoints: [Int32]
  ) {
    precondition(finer !== index && coarserPoints.count == finer.count)
    let renewed = reusable(&index)
    renewed.setSize(of: positions, dimensions: finer.dimensions)
    // As many points as the arrays hold; the kernel checks which of them are named.
    renewed.expect(
      unsafe ckernels_knn_build_coarser(
        renewed.pointer, finer.pointer, renewed.count, positions, coarserPoints))
  }

  /// An index that nobody else holds.
  private static func reusable(_ index: inout NeighborIndex?) -> NeighborIndex {
    if !isKnownUniquelyReferenced(&index) { index = nil }
    let reusable = index ?? NeighborIndex()
    index = reusable
    return reusable
  }

  private func setSize(of positions: [Float], dimensions: Int) {
    precondition((1...3).contains(dimensions) && positions.count.isMultiple(of: dimensions))
    self.dimensions = dimensions
    count = positions.count / dimensions
    precondition(count <= Int(Int32.max))
  }

  private func build(_ positions: [Float], dimensions: Int) {
    setSize(of: positions, dimensions: dimensions)
    // As many points as the array holds.
    expect(unsafe ckernels_knn_build(pointer, count, dimensions, positions, nil))
  }

  private func expect(_ outcome: ckernels_knn_outcome) {
    precondition(outcome == ckernels_knn_built, "no memory for an index of \(count) points")
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
    var indices: [Int32] = []
    unsafe appendRows(k, of: queryCount, to: &indices) { rows in
      // The arrays have the sizes that the kernel expects.
      let isDone = unsafe ckernels_knn_query(
        pointer, queryCount, queries, k, .infinity, rows, nil)
      precondition(isDone, "no memory for \(queryCount) queries")
    }
    return indices
  }

  /// The same for each point of an index of as many dimensions, `[queries.count, k]`; faster, since
  /// the points of an index are sorted already.
  package func nearest(_ k: Int, to queries: NeighborIndex) -> [Int32] {
    var indices: [Int32] = []
    appendNearest(k, to: queries, to: &indices)
    return indices
  }

  /// Appends what `nearest` gives.
  package func appendNearest(
    _ k: Int, to queries: NeighborIndex, to indices: inout [Int32]
  ) {
    precondition(queries.dimensions == dimensions)
    unsafe appendRows(k, of: queries.count, to: &indices) { rows in
      // One row for each query.
      unsafe ckernels_knn_query_across(
        pointer, queries.pointer, 0, queries.count, k, .infinity, rows, nil)
    }
  }

  /// Appends rows that `find` sets, `[queryCount, k]`, with the last point where it has found nothing.
  private func appendRows(
    _ k: Int, of queryCount: Int, to indices: inout [Int32],
    find: (UnsafeMutablePointer<Int32>) -> Void
  ) {
    precondition(k > 0 && count > 0 && queryCount <= Int(Int32.max))
    guard queryCount > 0 else { return }
    let first = indices.count
    indices.append(contentsOf: repeatElement(-1, count: queryCount * k))
    // The rows are the last elements, of which there is at least one.
    unsafe indices.withUnsafeMutableBufferPointer { elements in
      if let base = elements.baseAddress { unsafe find(base + first) }
    }
    let last = Int32(count - 1)
    for place in first..<indices.count where indices[place] < 0 { indices[place] = last }
  }
}
