/// A point of a neighbor tree and its place among the points the tree was made from.
struct IndexedPoint {
  /// Coordinates; the third is zero in two dimensions.
  var x: Double
  var y: Double
  var z: Double
  /// The row of the point in the positions given.
  var index: Int32

  /// The rows of `positions`, `[count, dimensions]`.
  static func points(_ positions: [Double], dimensions: Int) -> [IndexedPoint] {
    (0..<positions.count / dimensions).map { row in
      let start = row * dimensions
      return IndexedPoint(
        x: positions[start], y: positions[start + 1],
        z: dimensions == 3 ? positions[start + 2] : 0, index: Int32(row))
    }
  }

  /// The coordinate along axis 0, 1 or 2.
  subscript(axis: Int) -> Double { axis == 0 ? x : axis == 1 ? y : z }

  /// A total order along an axis: equal coordinates are ordered by index.
  func precedes(_ other: IndexedPoint, axis: Int) -> Bool {
    let (mine, others) = (self[axis], other[axis])
    return mine < others || (mine == others && index < other.index)
  }

  /// The squared distance to a point.
  ///
  /// Summed in the order x, y, z without fused operations, as every distance here is.
  func squaredDistance(to target: SIMD3<Double>) -> Double {
    let (dx, dy, dz) = (x - target.x, y - target.y, z - target.z)
    return dx * dx + dy * dy + dz * dz
  }
}
