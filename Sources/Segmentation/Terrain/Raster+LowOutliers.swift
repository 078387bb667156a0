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
    let surroundings = try halfSampleMirrored(by: radius, on: threads)
    let original = self
    let replacements = try threads.map(rowCount) { row in
      original.lowOutliers(
        inRow: row, of: surroundings, diameter: diameter, highest: highest, drop: drop)
    }
    var isLow = [Bool](repeating: false, count: values.count)
    for replacement in replacements.joined() {
      isLow[replacement.cell] = true
      values[replacement.cell] = replacement.median
    }
    return isLow
  }

  /// Continued beyond the edges by so many cells, which show the outermost ones in reverse order.
  private func halfSampleMirrored(
    by radius: Int, on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    let sources = (-radius..<(columnCount + radius)).map {
      Self.mirroredIndex($0, count: columnCount)
    }
    return try Raster(
      rowCount: rowCount + 2 * radius, columnCount: sources.count, grain: 8, on: threads
    ) { rows, result in
      let values = values.span
      var target = 0
      for row in rows {
        let start = Self.mirroredIndex(row - radius, count: rowCount) * columnCount
        for source in sources {
          result[target] = values[start + source]
          target += 1
        }
      }
    }
  }

  /// The cells of a row that lie far below their surroundings, and the medians of these.
  ///
  /// `surroundings` begins half a diameter before this raster, so that each cell's square begins in it
  /// where the cell itself is in this raster.
  private func lowOutliers(
    inRow row: Int, of surroundings: Raster, diameter: Int, highest: [Double], drop: Double
  ) -> [(cell: Int, median: Double)] {
    let middle = diameter * diameter / 2
    let around = surroundings.values.span
    var replacements: [(cell: Int, median: Double)] = []
    for column in 0..<columnCount {
      let cell = row * columnCount + column
      let bound = values[cell]
      // The median is no higher than the highest: nearly every cell is settled here.
      guard bound < highest[cell] - drop else { continue }
      // Above the median minus `drop` lie at least half of the values minus `drop`.
      var aboveCount = 0
      for sourceRow in row..<(row + diameter) {
        let start = sourceRow * surroundings.columnCount + column
        let line = around.extracting(start..<(start + diameter))
        for index in line.indices { aboveCount += line[index] - drop > bound ? 1 : 0 }
      }
      guard aboveCount > middle else { continue }
      let square = (row..<(row + diameter)).flatMap { sourceRow in
        let start = sourceRow * surroundings.columnCount + column
        return surroundings.values[start..<(start + diameter)]
      }
      replacements.append((cell, square.sorted()[middle]))
    }
    return replacements
  }
}
