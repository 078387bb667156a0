import Batching

/// The occupied cells of a cubic grid, found for every point of a cloud.
struct VoxelCells {
  /// `[points]`: the number of each point's cell among the occupied ones in lexicographic order.
  private(set) var voxelOfPoint: [Int32]
  /// `[voxels]`: the points of each occupied cell.
  private(set) var pointCounts: [Int32]

  /// The most cells for each point that are counted rather than sorted.
  private static let mostCellsPerPoint = 64.0

  /// How many points one thread takes at a time.
  private static let grain = 16384

  /// Numbers the cells of positions, at least one, which span no more than `VoxelFrame` allows.
  ///
  /// Throws `WorkAbandoned`.
  init(_ positions: LocalPositions, size: Double, on threads: WorkSharing) throws(WorkAbandoned) {
    let (lower, upper) = try Self.bounds(of: positions, on: threads)
    let frame = VoxelFrame(lower: lower, upper: upper, size: size)
    let extents = frame.highest + 1
    (voxelOfPoint, pointCounts) =
      extents.x * extents.y * extents.z <= Self.mostCellsPerPoint * Double(positions.count)
      ? try Self.counted(positions, in: frame, on: threads)
      : try Self.sorted(positions, in: frame, on: threads)
  }

  /// The corners of the box around positions.
  private static func bounds(
    of positions: LocalPositions, on threads: WorkSharing
  ) throws(WorkAbandoned) -> (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    let corners = try threads.map((positions.count + grain - 1) / grain) { part in
      let first = part * grain
      var lower = positions[first]
      var upper = lower
      for point in first..<min(first + grain, positions.count) {
        let position = positions[point]
        lower = pointwiseMin(lower, position)
        upper = pointwiseMax(upper, position)
      }
      return (lower: lower, upper: upper)
    }
    return corners.reduce(corners[0]) { all, part in
      (pointwiseMin(all.lower, part.lower), pointwiseMax(all.upper, part.upper))
    }
  }

  /// Numbers cells that are so far apart that they are sorted.
  private static func sorted(
    _ positions: LocalPositions, in frame: VoxelFrame, on threads: WorkSharing
  ) throws(WorkAbandoned) -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    var order = CellSort()
    try order.sort(positions, in: frame, on: threads)
    var voxelOfPoint = [Int32](repeating: 0, count: positions.count)
    var pointCounts: [Int32] = []
    var previous: CellSort.Entry?
    try threads.inTurn(order.entries.count) { places in
      for entry in order.entries[places] {
        if previous.map({ !entry.isInCell(of: $0) }) ?? true { pointCounts.append(0) }
        previous = entry
        pointCounts[pointCounts.count - 1] += 1
        voxelOfPoint[Int(entry.point)] = Int32(pointCounts.count - 1)
      }
    }
    return (voxelOfPoint, pointCounts)
  }

  /// The same without sorting: a bit for each cell, and how many are set before each word of bits.
  private static func counted(
    _ positions: LocalPositions, in frame: VoxelFrame, on threads: WorkSharing
  ) throws(WorkAbandoned) -> (voxelOfPoint: [Int32], pointCounts: [Int32]) {
    let extents = frame.highest + 1
    let (height, depth) = (UInt64(extents.y), UInt64(extents.z))
    let keys = try threads.rows(
      positions.count, of: UInt64.self, grain: grain
    ) { points, keys in
      for (place, point) in points.enumerated() {
        let (x, y, z) = frame.cell(of: positions[point])
        keys[place] = (x * height + y) * depth + z
      }
    }
    let wordBits = UInt64(UInt64.bitWidth)
    let cellCount = Int(extents.x) * Int(height * depth)
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
      keys.count, of: Int32.self, grain: grain
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
}
