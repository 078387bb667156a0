import Batching

/// Sorts points by their cells, which costs the same for every input; another sort takes place in the
/// same memory as far as it goes.
struct CellSort: Sendable {
  /// A point and its cell.
  struct Entry: Sendable {
    /// The cell's x and y.
    fileprivate(set) var planar: UInt64
    /// The cell's z.
    fileprivate(set) var depth: UInt32
    fileprivate(set) var point: Int32

    func isInCell(of other: Entry) -> Bool { planar == other.planar && depth == other.depth }
  }

  /// In lexicographic order of the cells: x, then y, then z; those of one cell in their own order.
  private(set) var entries: [Entry] = []
  private var sorted: [Entry] = []
  /// `[digits]`: where the next entry of each belongs.
  private var next: [Int] = []

  private static let digitBits = 11

  /// Sorts the points at some positions of a frame.
  ///
  /// - Throws: `WorkAbandoned`.
  mutating func sort(
    _ positions: LocalPositions, in frame: VoxelFrame, on threads: WorkSharing
  ) throws(WorkAbandoned) {
    let rowBits = frame.bitCount(axis: 1)
    entries.removeAll(keepingCapacity: true)
    entries.reserveCapacity(positions.count)
    try threads.inTurn(positions.count) { points in
      for point in points {
        let (x, y, z) = frame.cell(of: positions[point])
        entries.append(
          Entry(
            planar: x << UInt64(rowBits) | y, depth: UInt32(truncatingIfNeeded: z),
            point: Int32(point)))
      }
    }
    sorted.removeAll(keepingCapacity: true)
    sorted.append(contentsOf: entries)
    for shift in stride(from: 0, to: frame.bitCount(axis: 2), by: Self.digitBits) {
      try sort(on: threads) { UInt64($0.depth) >> UInt64(shift) }
    }
    for shift in stride(from: 0, to: frame.bitCount(axis: 0) + rowBits, by: Self.digitBits) {
      try sort(on: threads) { $0.planar >> UInt64(shift) }
    }
  }

  /// Sorts the entries by the last bits of a number; equal ones keep their order.
  private mutating func sort(
    on threads: WorkSharing, by number: (Entry) -> UInt64
  ) throws(WorkAbandoned) {
    let digitCount = 1 << Self.digitBits
    next.removeAll(keepingCapacity: true)
    next.append(contentsOf: repeatElement(0, count: digitCount))
    try threads.inTurn(entries.count) { rows in
      for row in rows { next[Int(number(entries[row])) & (digitCount - 1)] += 1 }
    }
    var start = 0
    for digit in next.indices {
      (next[digit], start) = (start, start + next[digit])
    }
    try threads.inTurn(entries.count) { rows in
      for row in rows {
        let digit = Int(number(entries[row])) & (digitCount - 1)
        sorted[next[digit]] = entries[row]
        next[digit] += 1
      }
    }
    swap(&entries, &sorted)
  }
}
