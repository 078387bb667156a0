import Batching

extension Raster {
  /// Replaces cells that lie far below their surroundings by the median of those.
  ///
  /// - Parameters:
  ///   - drop: how far below the median a cell must lie, meters.
  ///   - diameter: the side of the square of surroundings in cells, odd; mirrored at the edges.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: which cells were replaced, `[rows, columns]`.
  /// - Throws: `WorkAbandoned`.
  mutating func replaceLowOutliers(
    drop: Double, windowCells diameter: Int, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) -> [Bool] {
    precondition(diameter > 0 && diameter % 2 == 1)
    let radius = diameter / 2
    let highest = try highestAround(radius: radius, on: threads).values
    let rows = (-radius..<(rowCount + radius)).map { Self.mirroredIndex($0, count: rowCount) }
    let columns = (-radius..<(columnCount + radius)).map {
      Self.mirroredIndex($0, count: columnCount)
    }
    let original = self
    let replacements = try threads.map(rowCount) { row in
      original.lowOutliers(
        inRow: row, sourceRows: rows[row..<(row + diameter)], sourceColumns: columns,
        highest: highest, drop: drop)
    }
    var isLow = [Bool](repeating: false, count: values.count)
    for replacement in replacements.joined() {
      isLow[replacement.cell] = true
      values[replacement.cell] = replacement.median
    }
    return isLow
  }

  /// The cells of a row that lie far below their surroundings, and the medians of these.
  private func lowOutliers(
    inRow row: Int, sourceRows: ArraySlice<Int>, sourceColumns: [Int], highest: [Double],
    drop: Double
  ) -> [(cell: Int, median: Double)] {
    let diameter = sourceRows.count
    let middle = diameter * diameter / 2
    var replacements: [(cell: Int, median: Double)] = []
    var surroundings = [Double](repeating: 0, count: diameter * diameter)
    for column in 0..<columnCount {
      let cell = row * columnCount + column
      let bound = values[cell]
      // The median is no higher than the highest: nearly every cell is settled here.
      guard bound < highest[cell] - drop else { continue }
      var filled = 0
      for sourceRow in sourceRows {
        let start = sourceRow * columnCount
        for sourceColumn in sourceColumns[column..<(column + diameter)] {
          surroundings[filled] = values[start + sourceColumn]
          filled += 1
        }
      }
      // Above the median minus `drop` lie at least half of the values minus `drop`.
      let aboveCount = surroundings.reduce(into: 0) { $0 += $1 - drop > bound ? 1 : 0 }
      guard aboveCount > middle else { continue }
      replacements.append((cell, surroundings.sorted()[middle]))
    }
    return replacements
  }
}
