import Batching

/// A rectangle of the plane covered by overlapping squares in rows and columns.
///
/// Along each axis square `i` covers `[i * stride, i * stride + extent]` from the rectangle's corner;
/// the last square is the first one that reaches the rectangle's end.
struct OverlappingSquares: Sendable {
  /// A square by its row along x and its column along y.
  struct Square: Hashable, Comparable {
    var row: Int
    var column: Int

    static func < (a: Square, b: Square) -> Bool {
      a.row == b.row ? a.column < b.column : a.row < b.row
    }
  }

  /// The squares that a position lies in.
  struct Block: Equatable {
    var rows: ClosedRange<Int>
    var columns: ClosedRange<Int>

    func contains(_ square: Square) -> Bool {
      rows.contains(square.row) && columns.contains(square.column)
    }
  }

  private let corner: SIMD2<Double>
  private let extent: Double
  private let stride: Double
  private let last: SIMD2<Double>

  /// The most squares along an axis.
  private static let mostAlongAxis = Double(1 << 30)
  /// The largest share of a square that may overlap with the next: each position then lies in at most
  /// 81 squares.
  static let largestOverlap = 0.875

  /// Covers the rectangle from `low` to `high` by squares of `extent`, all in meters.
  ///
  /// - Throws: `SegmentationError.extentTooLarge` when that takes too many squares.
  init(
    low: SIMD2<Double>, high: SIMD2<Double>, extent: Double, overlap: Double
  ) throws(SegmentationError) {
    precondition(extent > 0 && overlap >= 0 && overlap <= Self.largestOverlap * extent)
    corner = low
    self.extent = extent
    stride = extent - overlap
    let widest = stride * Self.mostAlongAxis
    guard (high - low).max() <= widest else {
      throw .extentTooLarge(meters: (high - low).max(), atMost: widest)
    }
    last = ((high - low - extent) / stride).rounded(.up)
      .clamped(lowerBound: .zero, upperBound: SIMD2(repeating: Self.mostAlongAxis))
  }

  /// The squares around a position of the rectangle, at least one.
  func squares(around position: SIMD2<Double>) -> Block {
    let offset = position - corner
    let final = (offset / stride).rounded(.down).clamped(lowerBound: .zero, upperBound: last)
    let first = ((offset - extent) / stride).rounded(.up)
      .clamped(lowerBound: .zero, upperBound: final)
    return Block(
      rows: Int(first.x)...Int(final.x), columns: Int(first.y)...Int(final.y))
  }

  /// The most squares that may hold positions.
  static let mostOccupied = 1 << 20

  /// The squares that hold at least one of `positions`, `[points, 3]`, in ascending order.
  ///
  /// - Throws: `SegmentationError.tooManyWindows` and `.abandoned`.
  func occupied(
    by positions: [Double], on threads: WorkSharing = .alone
  ) throws(SegmentationError) -> [Square] {
    var squares: Set<Square> = []
    var previous: Block?
    for start in Swift.stride(from: 0, to: positions.count, by: 3) {
      if start.isMultiple(of: 3 << 14) {
        try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
          try threads.checkpoint()
        }
      }
      let block = self.squares(around: SIMD2(positions[start], positions[start + 1]))
      if block == previous { continue }
      previous = block
      for row in block.rows {
        for column in block.columns { squares.insert(Square(row: row, column: column)) }
      }
      guard squares.count <= Self.mostOccupied else {
        throw .tooManyWindows(extentMeters: extent, atMost: Self.mostOccupied)
      }
    }
    return squares.sorted()
  }

  /// Ranges of x and y that hold every position whose squares include this one, and some more.
  func surroundings(of square: Square) -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
    // Wide enough that no rounding can matter.
    let margin = extent / 64
    let lower = corner + stride * SIMD2(Double(square.row), Double(square.column)) - margin
    let upper = lower + extent + 2 * margin
    return (lower.x...upper.x, lower.y...upper.y)
  }
}
