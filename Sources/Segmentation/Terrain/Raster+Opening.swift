import Batching

extension Raster {
  /// The morphological opening by a square of `window` cells: the largest of the smallest values.
  ///
  /// Beyond the edges the raster is mirrored about its outermost cells, or repeats them where one side
  /// has no more than `window` cells. The cost per cell does not depend on `window`: van Herk, "A fast
  /// algorithm for local minimum and maximum filters on rectangular and octagonal kernels" (1992).
  ///
  /// - Parameters:
  ///   - window: the side of the square in cells, odd.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: a raster of the same size.
  /// - Throws: `WorkAbandoned`.
  func opened(window: Int, on threads: WorkSharing = .alone) throws(WorkAbandoned) -> Raster {
    precondition(window > 0 && window % 2 == 1)
    let isMirrored = min(rowCount, columnCount) > window
    // Each of the two filters takes half a window from each side.
    return try padded(by: window - 1, isMirrored: isMirrored, on: threads)
      .slidAcrossRows(window: window, .minimum, on: threads)
      .slidAcrossRows(window: window, .minimum, on: threads)
      .slidAcrossRows(window: window, .maximum, on: threads)
      .slidAcrossRows(window: window, .maximum, on: threads)
  }

  /// The highest value within `radius` cells of each, in both directions.
  ///
  /// - Throws: `WorkAbandoned`.
  func highestAround(radius: Int, on threads: WorkSharing) throws(WorkAbandoned) -> Raster {
    let window = 2 * radius + 1
    return try padded(by: radius, isMirrored: false, on: threads)
      .slidAcrossRows(window: window, .maximum, on: threads)
      .slidAcrossRows(window: window, .maximum, on: threads)
  }

  private func padded(
    by margin: Int, isMirrored: Bool, on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    func sources(count: Int) -> [Int] {
      (-margin..<(count + margin)).map { index in
        guard isMirrored else { return min(max(index, 0), count - 1) }
        return index < 0 ? -index : index < count ? index : 2 * (count - 1) - index
      }
    }
    let (rows, columns) = (sources(count: rowCount), sources(count: columnCount))
    return try Raster(
      rowCount: rows.count, columnCount: columns.count, grain: 32, on: threads
    ) { targets, result in
      var place = 0
      for target in targets {
        let start = rows[target] * columnCount
        for column in columns {
          result[place] = values[start + column]
          place += 1
        }
      }
    }
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

  /// The extremum of each `window` consecutive rows, rows and columns exchanged:
  /// `[columns, rows - window + 1]`.
  private func slidAcrossRows(
    window: Int, _ extremum: Extremum, on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    let lanes = SIMD8<Double>.scalarCount
    let resultColumnCount = rowCount - window + 1
    return try Raster(
      rowCount: columnCount, columnCount: resultColumnCount, grain: 4 * lanes, on: threads
    ) { columns, result in
      var line = [SIMD8<Double>](repeating: .zero, count: rowCount)
      var suffix = line
      for firstColumn in stride(from: columns.lowerBound, to: columns.upperBound, by: lanes) {
        let width = min(lanes, columns.upperBound - firstColumn)
        for row in 0..<rowCount {
          line[row] = strip(at: row * columnCount + firstColumn, width: width)
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
        let start = (firstColumn - columns.lowerBound) * resultColumnCount
        for row in 0..<resultColumnCount {
          let strip = extremum(suffix[row], line[row + window - 1])
          for lane in 0..<width { result[start + lane * resultColumnCount + row] = strip[lane] }
        }
      }
    }
  }

  /// Up to eight values next to each other; zeros behind them.
  @inline(__always)
  private func strip(at start: Int, width: Int) -> SIMD8<Double> {
    guard width < SIMD8<Double>.scalarCount else {
      // The load checks its bounds, and any bits are numbers.
      return unsafe values.span.bytes.unsafeLoadUnaligned(
        fromByteOffset: start * MemoryLayout<Double>.stride, as: SIMD8<Double>.self)
    }
    var strip = SIMD8<Double>.zero
    for lane in 0..<width { strip[lane] = values[start + lane] }
    return strip
  }
}
