extension Raster {
  /// The morphological opening by a square of `window` cells: the largest of the smallest values.
  ///
  /// Beyond the edges the raster is mirrored about its outermost cells, or repeats them where one side
  /// has no more than `window` cells. The cost per cell does not depend on `window`: van Herk, "A fast
  /// algorithm for local minimum and maximum filters on rectangular and octagonal kernels" (1992).
  ///
  /// - Parameter window: the side of the square in cells, odd.
  /// - Returns: a raster of the same size.
  func opened(window: Int) -> Raster {
    precondition(window > 0 && window % 2 == 1)
    let isMirrored = min(rowCount, columnCount) > window
    // Each of the two filters takes half a window from each side.
    let padded = padded(by: window - 1, isMirrored: isMirrored)
    return
      padded
      .slidAcrossRows(window: window, .minimum).transposed()
      .slidAcrossRows(window: window, .minimum).slidAcrossRows(window: window, .maximum)
      .transposed()
      .slidAcrossRows(window: window, .maximum)
  }

  private func padded(by margin: Int, isMirrored: Bool) -> Raster {
    func sources(count: Int) -> [Int] {
      (-margin..<(count + margin)).map { index in
        guard isMirrored else { return min(max(index, 0), count - 1) }
        return index < 0 ? -index : index < count ? index : 2 * (count - 1) - index
      }
    }
    var result = Raster(
      rowCount: rowCount + 2 * margin, columnCount: columnCount + 2 * margin, repeating: 0)
    let columns = sources(count: columnCount)
    for (row, sourceRow) in sources(count: rowCount).enumerated() {
      for (column, sourceColumn) in columns.enumerated() {
        result[row, column] = self[sourceRow, sourceColumn]
      }
    }
    return result
  }

  private enum Extremum {
    case minimum
    case maximum

    @inline(__always)
    func callAsFunction(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> {
      switch self {
      case .minimum: a.replacing(with: b, where: b .< a)
      case .maximum: a.replacing(with: b, where: b .> a)
      }
    }
  }

  /// The extremum of each `window` consecutive rows, `[rows - window + 1, columns]`.
  private func slidAcrossRows(window: Int, _ extremum: Extremum) -> Raster {
    var result = Raster(
      rowCount: rowCount - window + 1, columnCount: columnCount, repeating: 0)
    let lanes = SIMD8<Double>.scalarCount
    var line = [SIMD8<Double>](repeating: .zero, count: rowCount)
    var suffix = line
    for firstColumn in stride(from: 0, to: columnCount, by: lanes) {
      let width = min(lanes, columnCount - firstColumn)
      for row in 0..<rowCount {
        var strip = SIMD8<Double>.zero
        for lane in 0..<width { strip[lane] = values[row * columnCount + firstColumn + lane] }
        line[row] = strip
      }
      // Blocks of `window` rows: `suffix` runs from a row to its block's end, `line` becomes the
      // extremum from the block's start to a row.
      for row in stride(from: rowCount - 1, through: 0, by: -1) {
        let endsBlock = row % window == window - 1 || row == rowCount - 1
        suffix[row] = endsBlock ? line[row] : extremum(suffix[row + 1], line[row])
      }
      for row in 1..<max(rowCount, 1) where row % window != 0 {
        line[row] = extremum(line[row - 1], line[row])
      }
      for row in 0..<result.rowCount {
        let strip = extremum(suffix[row], line[row + window - 1])
        for lane in 0..<width {
          result.values[row * columnCount + firstColumn + lane] = strip[lane]
        }
      }
    }
    return result
  }
}
