import Layers

extension ExecutablePlan {
  /// Neighbors per point where neither manifest nor request states a number.
  private static let assumedNeighborCount = 16

  /// Runs one request of zeros, so that code and memory of the layers are in place.
  ///
  /// - Parameter run: how many rows each input with an open number of rows gets.
  /// - Throws: `RequestError` if inputs of that size do not fit together, or not into memory.
  func warmUp(_ run: WarmupRun) throws(RequestError) {
    let shapes = inputs.map { Self.shape(of: $0.spec, points: run.points) }
    var byteCount = 0
    for shape in shapes {
      // Stated extents come to 2³¹ elements at most and open ones to 2²⁸, so nothing overflows.
      byteCount += shape.reduce(4, *)
      guard byteCount <= Workspace.byteLimit else {
        throw .workspace(limit: Workspace.byteLimit, found: byteCount)
      }
    }
    let request = zip(inputs, shapes).map { input, shape in
      let count = shape.reduce(1, *)
      return HostTensor(
        shape: shape,
        values: input.spec.elementType == .float32
          ? .float32(Array(repeating: 0, count: count))
          : .int32(Array(repeating: 0, count: count)))
    }
    try validate(request)
    var workspace = Workspace()
    _ = self.run([request], in: &workspace)
  }

  private static func shape(of spec: TensorSpec, points: Int) -> [Int] {
    spec.extents.enumerated().map { axis, extent in
      if let extent { return extent }
      // `[points, width]`, `[clouds, points, width]`, `[images, …]`.
      switch (spec.extents.count, axis) {
      case (2, 0), (3, 1): return points
      case (_, 0): return 1
      default: return assumedNeighborCount
      }
    }
  }
}
