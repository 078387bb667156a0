import Batching
import PointClouds

/// Points sorted into square bins of the plane, to find those around a position.
struct PlanarBins: Sendable {
  private let originX: Double
  private let originY: Double
  private let side: Double
  private let rowCount: Int
  private let columnCount: Int
  /// `[bins + 1]`: bin `b` owns `pointsByBin[starts[b] ..< starts[b + 1]]`.
  private let starts: [Int32]
  /// Point indices, ascending within each bin.
  private let pointsByBin: [Int32]

  /// How many points a bin holds on average where they lie evenly.
  private static let pointsPerBin = 16.0

  /// How many points one thread takes at a time.
  private static let grain = 16384

  /// Sorts positions, at least one; their z does not count.
  ///
  /// - Throws: `WorkAbandoned`.
  init(_ positions: LocalPositions, on threads: WorkSharing) throws(WorkAbandoned) {
    let pointCount = positions.count
    let corners = try threads.map((pointCount + Self.grain - 1) / Self.grain) { part in
      let first = part * Self.grain
      var low = SIMD2(positions[first].x, positions[first].y)
      var high = low
      for point in first..<min(first + Self.grain, pointCount) {
        let position = SIMD2(positions[point].x, positions[point].y)
        low = pointwiseMin(low, position)
        high = pointwiseMax(high, position)
      }
      return (low: low, high: high)
    }
    let low = corners.reduce(corners[0].low) { pointwiseMin($0, $1.low) }
    let high = corners.reduce(corners[0].high) { pointwiseMax($0, $1.high) }
    let (lowX, lowY, highX, highY) = (low.x, low.y, high.x, high.y)
    let (width, height) = (highX - lowX, highY - lowY)
    let share = Self.pointsPerBin / Double(pointCount)
    // The second term bounds the bins of a long and narrow cloud to about its number of points.
    let side = max((width * height * share).squareRoot(), max(width, height) * share)
    self.side = side > 0 ? side : 1
    (originX, originY) = (lowX, lowY)
    rowCount = Int(width / self.side) + 1
    columnCount = Int(height / self.side) + 1

    let (originX, originY, edge) = (originX, originY, self.side)
    let (rowCount, columnCount) = (rowCount, columnCount)
    let bins = try threads.rows(pointCount, of: Int32.self, grain: Self.grain) { points, bins in
      for (place, point) in points.enumerated() {
        let position = positions[point]
        let row = min(Int((position.x - originX) / edge), rowCount - 1)
        let column = min(Int((position.y - originY) / edge), columnCount - 1)
        bins[place] = Int32(row * columnCount + column)
      }
    }
    var counts = [Int32](repeating: 0, count: rowCount * columnCount + 1)
    for bin in bins { counts[Int(bin) + 1] += 1 }
    for bin in 1..<counts.count { counts[bin] += counts[bin - 1] }
    try threads.checkpoint()
    starts = counts
    var sorted = [Int32](repeating: 0, count: pointCount)
    for point in 0..<pointCount {
      let bin = Int(bins[point])
      sorted[Int(counts[bin])] = Int32(point)
      counts[bin] += 1
    }
    pointsByBin = sorted
  }

  /// Appends a superset of the points whose x and y lie within closed ranges, in the order of the
  /// bins.
  func appendPoints(
    x: ClosedRange<Double>, y: ClosedRange<Double>, to found: inout [Int32]
  ) {
    let columns =
      bin(y.lowerBound - originY, columnCount)...bin(y.upperBound - originY, columnCount)
    for row in bin(x.lowerBound - originX, rowCount)...bin(x.upperBound - originX, rowCount) {
      let first = Int(starts[row * columnCount + columns.lowerBound])
      let end = Int(starts[row * columnCount + columns.upperBound + 1])
      found.append(contentsOf: pointsByBin[first..<end])
    }
  }

  /// The radius of a circle that holds somewhat more than `count` points where they lie evenly,
  /// above zero.
  func likelyRadius(count: Int) -> Double {
    side * (1.3 * Double(count) / (Self.pointsPerBin * .pi)).squareRoot()
  }

  private func bin(_ offset: Double, _ count: Int) -> Int {
    Int(min(max(offset / side, 0), Double(count - 1)))
  }
}
