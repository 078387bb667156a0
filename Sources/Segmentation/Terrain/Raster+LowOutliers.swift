extension Raster {
  /// Replaces cells that lie far below their surroundings by the median of those.
  ///
  /// - Parameters:
  ///   - drop: how far below the median a cell must lie, meters.
  ///   - diameter: the side of the square of surroundings in cells, odd; mirrored at the edges.
  /// - Returns: which cells were replaced, `[rows, columns]`.
  mutating func replaceLowOutliers(drop: Double, windowCells diameter: Int) -> [Bool] {
    precondition(diameter > 0 && diameter % 2 == 1)
    let radius = diameter / 2
    let middle = diameter * diameter / 2
    let rows = (-radius..<(rowCount + radius)).map { Self.mirroredIndex($0, count: rowCount) }
    let columns = (-radius..<(columnCount + radius)).map {
      Self.mirroredIndex($0, count: columnCount)
    }
    var isLow = [Bool](repeating: false, count: values.count)
    var replacements: [(cell: Int, median: Double)] = []
    let highest = highestAround(radius: radius)
    var surroundings = [Double](repeating: 0, count: diameter * diameter)
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let cell = row * columnCount + column
        // The median is no higher than the highest: nearly every cell is settled here.
        guard values[cell] < highest[cell] - drop else { continue }
        var filled = 0
        for sourceRow in rows[row..<(row + diameter)] {
          for sourceColumn in columns[column..<(column + diameter)] {
            surroundings[filled] = self[sourceRow, sourceColumn]
            filled += 1
          }
        }
        // Above the median minus `drop` lie at least half of the values minus `drop`.
        let bound = values[cell]
        let aboveCount = surroundings.reduce(into: 0) { $0 += $1 - drop > bound ? 1 : 0 }
        guard aboveCount > middle else { continue }
        isLow[cell] = true
        replacements.append((cell, surroundings.sorted()[middle]))
      }
    }
    for replacement in replacements { values[replacement.cell] = replacement.median }
    return isLow
  }

  /// The highest value within `radius` cells of each, in both directions, `[rows, columns]`.
  private func highestAround(radius: Int) -> [Double] {
    func highestAcrossRows(_ raster: Raster) -> Raster {
      var result = raster
      for row in 0..<raster.rowCount {
        let target = row * raster.columnCount
        for other in max(row - radius, 0)...min(row + radius, raster.rowCount - 1) {
          let source = other * raster.columnCount
          for column in 0..<raster.columnCount {
            let value = raster.values[source + column]
            if value > result.values[target + column] { result.values[target + column] = value }
          }
        }
      }
      return result
    }
    return highestAcrossRows(highestAcrossRows(self).transposed()).transposed().values
  }
}
