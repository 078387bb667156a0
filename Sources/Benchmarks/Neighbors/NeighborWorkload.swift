import CKernels

/// Clouds and their nearest neighbors, by the index of the kernels.
enum NeighborWorkload {
  /// Indexes points `[points, 3]`.
  ///
  /// - Throws: `BenchmarkError.outOfMemory`.
  static func index(_ points: [Float]) throws(BenchmarkError) -> PackedKernel {
    // The index copies the points during the call.
    let pointer = unsafe points.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      guard let base = buffer.baseAddress else { return nil }
      guard let created = unsafe ckernels_knn_create() else { return nil }
      let outcome = unsafe ckernels_knn_build(created, points.count / 3, 3, base, nil)
      if outcome == ckernels_knn_built { return unsafe created }
      unsafe ckernels_knn_destroy(created)
      return nil
    }
    return unsafe try PackedKernel(pointer, case: "\(points.count / 3) points") {
      unsafe ckernels_knn_destroy($0)
    }
  }

  /// The `count` nearest points of every point, itself among them.
  ///
  /// - Returns: `[points, count]` each.
  /// - Throws: `BenchmarkError.outOfMemory`.
  static func neighbors(
    of points: [Float], count: Int
  ) throws(BenchmarkError) -> (indices: [Int32], squaredDistances: [Float]) {
    let index = try index(points)
    let rows = points.count / 3
    let indices = KernelMemory<Int32>(count: rows * count)
    let squaredDistances = KernelMemory<Float>(count: rows * count)
    unsafe ckernels_knn_query_across(
      index.pointer, index.pointer, 0, rows, count, .infinity, indices.pointer,
      squaredDistances.pointer)
    return (indices.values, squaredDistances.values)
  }
}
