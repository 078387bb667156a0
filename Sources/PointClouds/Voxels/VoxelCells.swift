/// The cell of every point of a cloud on a cubic grid, as one sortable key.
struct VoxelCells {
  /// The highest cell along an axis.
  static let highestCell = Int(Int32.max) - 1
  /// `[points]`: cells in lexicographic order have ascending keys.
  private let keys: [UInt64]
  private let bitCount: Int
  /// The number of all cells, occupied or not, where keys count them; `nil` where these are far more
  /// than the points.
  private let cellCount: Int?

  /// The most cells for each point that are counted rather than sorted.
  private static let mostCellsPerPoint = 64.0

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
    let pointCount = positions.count / 3
    // A cell is not above `highest`, which fits: rounding keeps the order of the differences. None is
    // negative, so that leaving out the fraction rounds down.
    let cells = { (row: Int, axis: Int) -> UInt64 in
      UInt64(truncatingIfNeeded: Int((positions[3 * row + axis] - lower[axis]) / size))
    }
    let extents = highest + 1
    if extents.x * extents.y * extents.z <= Self.mostCellsPerPoint * Double(pointCount) {
      let (height, depth) = (UInt64(extents.y), UInt64(extents.z))
      keys = (0..<pointCount).map { (cells($0, 0) * height + cells($0, 1)) * depth + cells($0, 2) }
      bitCount = 0
      cellCount = Int(extents.x) * Int(height * depth)
      return
    }
    let bits = (0..<3).map { UInt64.bitWidth - UInt64(highest[$0]).leadingZeroBitCount }
    var planar = (0..<pointCount).map { cells($0, 0) << UInt64(bits[1]) | cells($0, 1) }
    var planarBits = bits[0] + bits[1]
    if planarBits + bits[2] > UInt64.bitWidth {
      (planar, planarBits) = Self.ranks(planar, bitCount: planarBits)
    }
    for row in planar.indices { planar[row] = planar[row] << UInt64(bits[2]) | cells(row, 2) }
    keys = planar
    bitCount = planarBits + bits[2]
    cellCount = nil
  }

  /// The number of each point's cell among the occupied cells in order, and the points of each cell.
  func numbered() -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    if let cellCount { return counted(cellCount) }
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

  /// The same without sorting: a bit for each cell, and how many are set before each word of bits.
  private func counted(_ cellCount: Int) -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    let wordBits = UInt64(UInt64.bitWidth)
    var words = [UInt64](repeating: 0, count: cellCount / UInt64.bitWidth + 1)
    for key in keys { words[Int(key / wordBits)] |= 1 << (key % wordBits) }
    var occupiedCount: Int32 = 0
    let occupiedBefore = words.map { word in
      defer { occupiedCount += Int32(word.nonzeroBitCount) }
      return occupiedCount
    }
    var pointCounts = [Int32](repeating: 0, count: Int(occupiedCount))
    let voxelOfPoint = keys.map { key in
      let word = Int(key / wordBits)
      let lower = words[word] & (1 << (key % wordBits) - 1)
      let voxel = occupiedBefore[word] + Int32(lower.nonzeroBitCount)
      pointCounts[Int(voxel)] += 1
      return voxel
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
