/// A point cloud in host memory: positions and the attributes that came with them.
///
/// Holds at least one point, finite positions, and attributes of matching length: whoever has a
/// `PointCloud` need not check that again.
package struct PointCloud: Sendable, Equatable {
  /// `[points, 3]`, row-major: x, y, z in meters.
  package let positions: [Double]
  /// The attributes of the points.
  package let attributes: PointAttributes

  /// The number of points, at least one.
  package var count: Int { positions.count / 3 }

  /// Checks positions `[points, 3]` and their attributes.
  ///
  /// Throws `CloudError.empty`, `.nonFinite` and `.attributeLength`; a trailing part of a point is
  /// an `.attributeLength` of "positions".
  package init(
    positions: [Double], attributes: PointAttributes = PointAttributes()
  ) throws(CloudError) {
    let (count, rest) = positions.count.quotientAndRemainder(dividingBy: 3)
    guard rest == 0 else {
      throw .attributeLength(
        attribute: "positions", expected: (count + 1) * 3, found: positions.count)
    }
    guard count > 0 else { throw .empty }
    if let index = positions.firstNonFiniteIndex {
      throw .nonFinite(attribute: ["x", "y", "z"][index % 3], pointIndex: index / 3)
    }
    try attributes.check(count: count)
    self.positions = positions
    self.attributes = attributes
  }
}
