/// The cell of every point of a cloud on a cubic grid, as one sortable key.
struct VoxelCells {
  /// The highest cell along an axis.
  static let highestCell = Int(Int32.max) - 1
  private let keys: [UInt64]
  private let bitCount: Int

  /// Finds the cells of `positions`, `[points, 3]`.
  ///
  /// Throws `CloudError.extentTooLarge`.
  init(_ positions: [Double], size: Double) throws(CloudError) {
    var lower = SIMD3(positions[0], positions[1], positions[2])
    var upper = lower
    for row in stride(from: 0, to: positions.count, by: 3) {
      let position = SIMD3(positions[row], positions[row + 1], positions[row + 2])
      lower = pointwiseMin(lower, position)
      upper = pointwiseMax(upper, position)
    }
    let highest = ((upper - lower) / size).rounded(.down)
    for axis in 0..<3 where highest[axis] > Double(Self.highestCell) {
      throw .extentTooLarge(
        axis: ["x", "y", "z"][axis], cells: highest[axis] + 1, limit: Self.highestCell + 1)
    }
    let bits = (0..<3).map { UInt64.bitWidth - UInt64(highest[$0]).leadingZeroBitCount }
    // A cell is not above `highest`, which fits: rounding keeps the order of the differences.
    let cells = { (row: Int, axis: Int) -> UInt64 in
      UInt64(((positions[3 * row + axis] - lower[axis]) / size).rounded(.down))
    }
    var planar = (0..<positions.count / 3).map { cells($0, 0) << UInt64(bits[1]) | cells($0, 1) }
    var planarBits = bits[0] + bits[1]
    if planarBits + bits[2] > UInt64.bitWidth {
      (planar, planarBits) = Self.ranks(planar, bitCount: planarBits)
    }
    for row in planar.indices { planar[row] = planar[row] << UInt64(bits[2]) | cells(row, 2) }
    keys = planar
    bitCount = planarBits + bits[2]
  }

  /// The number of each point's cell among the occupied cells in order, and the points of each cell.
  func numbered() -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    let order = RadixSort.order(of: keys, bitCount: bitCount)
    var voxelOfPoint = [Int32](repeating: 0, count: keys.count)
    var pointCounts: [Int32] = []
    var previous: UInt64?
    for point in order {
      let key = keys[Int(point)]
      if key != previous { pointCounts.append(0) }
      previous = key
      pointCounts[pointCounts.count - 1] += 1
      voxelOfPoint[Int(point)] = Int32(pointCounts.count - 1)
    }
    return (voxelOfPoint, pointCounts)
  }

  /// Replaces keys by their ranks, at most 31 bits, in the same order.
  private static func ranks(_ keys: [UInt64], bitCount: Int) -> ([UInt64], bitCount: Int) {
    var ranks = [UInt64](repeating: 0, count: keys.count)
    var rank: UInt64 = 0
    var previous: UInt64?
    for row in RadixSort.order(of: keys, bitCount: bitCount) {
      let key = keys[Int(row)]
      if let previous, key != previous { rank += 1 }
      previous = key
      ranks[Int(row)] = rank
    }
    return (ranks, UInt64.bitWidth - rank.leadingZeroBitCount)
  }
}
