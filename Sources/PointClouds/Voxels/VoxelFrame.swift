/// Where the cells of a cubic grid lie.
struct VoxelFrame: Sendable {
  /// The highest cell along an axis.
  static let highestCell = Int(Int32.max) - 1

  /// The corner of the first cell.
  private let lower: SIMD3<Double>
  /// The edge of a cell.
  private let size: Double
  /// The last cell along each axis.
  let highest: SIMD3<Double>

  /// Cells of `size` from `lower` on, as many as reach `upper`: no more than `highestCell`.
  init(lower: SIMD3<Double>, upper: SIMD3<Double>, size: Double) {
    precondition(size > 0 && size.isFinite)
    self.lower = lower
    self.size = size
    highest = ((upper - lower) / size).rounded(.down)
    precondition(highest.max() <= Double(Self.highestCell))
  }

  /// The cell of a position between the corners.
  ///
  /// It is not above `highest`, which fits: rounding keeps the order of the differences. None is
  /// negative, so that leaving out the fraction rounds down.
  @inline(__always)
  func cell(of position: SIMD3<Double>) -> (x: UInt64, y: UInt64, z: UInt64) {
    let cell = (position - lower) / size
    return (
      UInt64(truncatingIfNeeded: Int(cell.x)), UInt64(truncatingIfNeeded: Int(cell.y)),
      UInt64(truncatingIfNeeded: Int(cell.z))
    )
  }

  /// How many bits the cells along an axis take, at most 31.
  func bitCount(axis: Int) -> Int {
    UInt64.bitWidth - UInt64(highest[axis]).leadingZeroBitCount
  }
}
