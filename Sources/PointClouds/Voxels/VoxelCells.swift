import Batching

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

  /// How many points one thread takes at a time.
  private static let grain = 16384

  /// Finds the cells of `positions`, `[points, 3]`, which span no more than `highestCell` of them.
  ///
  /// Throws `WorkAbandoned`.
  init(_ positions: [Double], size: Double, on threads: WorkSharing) throws(WorkAbandoned) {
    let (lower, upper) = try Self.bounds(of: positions, on: threads)
    let highest = ((upper - lower) / size).rounded(.down)
    precondition(highest.max() <= Double(Self.highestCell))
    let pointCount = positions.count / 3
    // A cell is not above `highest`, which fits: rounding keeps the order of the differences. None is
    // negative, so that leaving out the fraction rounds down.
    let cell = { @Sendable (point: Int, axis: Int) -> UInt64 in
      UInt64(truncatingIfNeeded: Int((positions[3 * point + axis] - lower[axis]) / size))
    }
    let extents = highest + 1
    if extents.x * extents.y * extents.z <= Self.mostCellsPerPoint * Double(pointCount) {
      let (height, depth) = (UInt64(extents.y), UInt64(extents.z))
      keys = try Self.keys(pointCount, on: threads) { point in
        (cell(point, 0) * height + cell(point, 1)) * depth + cell(point, 2)
      }
      bitCount = 0
      cellCount = Int(extents.x) * Int(height * depth)
      return
    }
    let bits = (0..<3).map { UInt64.bitWidth - UInt64(highest[$0]).leadingZeroBitCount }
    var planar = try Self.keys(pointCount, on: threads) { point in
      cell(point, 0) << UInt64(bits[1]) | cell(point, 1)
    }
    var planarBits = bits[0] + bits[1]
    if planarBits + bits[2] > UInt64.bitWidth {
      (planar, planarBits) = try Self.ranks(planar, bitCount: planarBits, on: threads)
    }
    keys = try Self.keys(pointCount, on: threads) { [planar] point in
      planar[point] << UInt64(bits[2]) | cell(point, 2)
    }
    bitCount = planarBits + bits[2]
    cellCount = nil
  }

  /// The corners of the box around positions.
  private static func bounds(
    of positions: [Double], on threads: WorkSharing
  ) throws(WorkAbandoned) -> (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    let pointCount = positions.count / 3
    let corners = try threads.map((pointCount + grain - 1) / grain) { part in
      let first = part * grain
      var lower = SIMD3(positions[3 * first], positions[3 * first + 1], positions[3 * first + 2])
      var upper = lower
      for point in first..<min(first + grain, pointCount) {
        let start = 3 * point
        let position = SIMD3(positions[start], positions[start + 1], positions[start + 2])
        lower = pointwiseMin(lower, position)
        upper = pointwiseMax(upper, position)
      }
      return (lower: lower, upper: upper)
    }
    return corners.reduce(corners[0]) { all, part in
      (pointwiseMin(all.lower, part.lower), pointwiseMax(all.upper, part.upper))
    }
  }

  /// A key for each point.
  @inline(__always)
  private static func keys(
    _ pointCount: Int, on threads: WorkSharing, _ key: @escaping @Sendable (Int) -> UInt64
  ) throws(WorkAbandoned) -> [UInt64] {
    try threads.rows(pointCount, of: UInt64.self, grain: grain) { points, keys in
      for (place, point) in points.enumerated() { keys[place] = key(point) }
    }
  }

  /// The number of each point's cell among the occupied cells in order, and the points of each cell.
  ///
  /// Throws `WorkAbandoned`.
  func numbered(
    on threads: WorkSharing
  ) throws(WorkAbandoned) -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    if let cellCount { return try counted(cellCount, on: threads) }
    let order = try RadixSort.order(of: keys, bitCount: bitCount, on: threads)
    var voxelOfPoint = [Int32](repeating: 0, count: keys.count)
    var pointCounts: [Int32] = []
    var previous: UInt64?
    try threads.inTurn(order.count) { places in
      for place in places {
        let point = Int(order[place])
        let key = keys[point]
        if key != previous { pointCounts.append(0) }
        previous = key
        pointCounts[pointCounts.count - 1] += 1
        voxelOfPoint[point] = Int32(pointCounts.count - 1)
      }
    }
    return (voxelOfPoint, pointCounts)
  }

  /// The same without sorting: a bit for each cell, and how many are set before each word of bits.
  private func counted(
    _ cellCount: Int, on threads: WorkSharing
  ) throws(WorkAbandoned) -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    let keys = keys
    let wordBits = UInt64(UInt64.bitWidth)
    var bits = [UInt64](repeating: 0, count: cellCount / UInt64.bitWidth + 1)
    try threads.inTurn(keys.count) { points in
      for point in points { bits[Int(keys[point] / wordBits)] |= 1 << (keys[point] % wordBits) }
    }
    let words = bits
    var occupiedCount: Int32 = 0
    let occupiedBefore = words.map { word in
      defer { occupiedCount += Int32(word.nonzeroBitCount) }
      return occupiedCount
    }
    let voxelOfPoint = try threads.rows(
      keys.count, of: Int32.self, grain: Self.grain
    ) { points, voxels in
      for (place, point) in points.enumerated() {
        let word = Int(keys[point] / wordBits)
        let lower = words[word] & (1 << (keys[point] % wordBits) - 1)
        voxels[place] = occupiedBefore[word] + Int32(lower.nonzeroBitCount)
      }
    }
    var pointCounts = [Int32](repeating: 0, count: Int(occupiedCount))
    try threads.inTurn(keys.count) { points in
      for point in points { pointCounts[Int(voxelOfPoint[point])] += 1 }
    }
    return (voxelOfPoint, pointCounts)
  }

  /// Replaces keys by their ranks, at most 31 bits, in the same order.
  private static func ranks(
    _ keys: [UInt64], bitCount: Int, on threads: WorkSharing
  ) throws(WorkAbandoned) -> ([UInt64], bitCount: Int) {
    var ranks = [UInt64](repeating: 0, count: keys.count)
    var rank: UInt64 = 0
    var previous: UInt64?
    for row in try RadixSort.order(of: keys, bitCount: bitCount, on: threads) {
      let key = keys[Int(row)]
      if let previous, key != previous { rank += 1 }
      previous = key
      ranks[Int(row)] = rank
    }
    return (ranks, UInt64.bitWidth - rank.leadingZeroBitCount)
  }
}
