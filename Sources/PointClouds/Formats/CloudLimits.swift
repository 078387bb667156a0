/// How much a file may hold.
package struct CloudLimits: Sendable {
  /// The most points.
  package var pointCount: Int
  /// The most bytes that a compressed file may become.
  package var byteCount: Int

  package init(pointCount: Int = .max, byteCount: Int = .max) {
    self.pointCount = pointCount
    self.byteCount = byteCount
  }
}
