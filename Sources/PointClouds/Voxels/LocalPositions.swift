/// Positions near the origin: those of some points of a cloud, less what they have in common.
///
/// Nothing is copied; what is subtracted is subtracted again whenever a position is asked for.
package struct LocalPositions: Sendable {
  /// The number of points.
  package let count: Int
  /// `[points of the cloud, 3]`, meters.
  @usableFromInline let coordinates: [Double]
  /// What is subtracted, meters.
  @usableFromInline let offset: SIMD3<Double>
  /// `[count]`: which points of the cloud these are; `nil` for all of them.
  @usableFromInline let points: [Int32]?

  /// All of `positions`, `[points, 3]`, as they are.
  package init(_ positions: [Double]) {
    precondition(positions.count.isMultiple(of: 3))
    count = positions.count / 3
    coordinates = positions
    offset = .zero
    points = nil
  }

  /// The positions of some points of a cloud, all of them where `points` is `nil`, less `offset`.
  package init(_ cloud: PointCloud, points: [Int32]?, less offset: SIMD3<Double>) {
    count = points?.count ?? cloud.count
    coordinates = cloud.positions
    self.offset = offset
    self.points = points
  }

  /// Which point of the cloud one of these is.
  @inlinable package func point(at place: Int) -> Int {
    guard let points else { return place }
    return Int(points[place])
  }

  /// A position, meters.
  @inlinable package subscript(place: Int) -> SIMD3<Double> {
    let start = 3 * point(at: place)
    return SIMD3(coordinates[start], coordinates[start + 1], coordinates[start + 2]) - offset
  }
}
