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
      guard byteCount <= workspaceByteLimit else {
        throw .workspace(limit: workspaceByteLimit, found: byteCount)
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

  /// The working memory of one worker, bytes, for a request with so many points, or images, in every
  /// input that leaves their number open; `Int.max` where it is not representable, 0 where such inputs
  /// do not fit together.
  package func workspaceByteCount(points: Int) -> Int {
    let request = inputs.map {
      HostTensor(
        shape: Self.shape(of: $0.spec, points: points, images: points), values: .float32([]))
    }
    var layout = PassLayout()
    do {
      try layout.setRows(of: self) { _ in request }
    } catch {
      return 0
    }
    layout.setOffsets(of: self)
    return layout.byteCount
  }

  private static func shape(of spec: TensorSpec, points: Int, images: Int = 1) -> [Int] {
    spec.extents.enumerated().map { axis, extent in
      if let extent { return extent }
      // `[points, width]`, `[clouds, points, width]`, `[images, …]`.
      switch (spec.extents.count, axis) {
      case (2, 0), (3, 1): return points
      case (4..., 0): return images
      case (_, 0): return 1
      default: return assumedNeighborCount
      }
    }
  }
}
