import Batching

extension Raster {
  /// Gives every missing cell the value of the nearest cell that is not missing.
  ///
  /// Distances are exact and Euclidean, by the two passes of Maurer, Qi and Raghavan, "A Linear Time
  /// Algorithm for Computing Exact Euclidean Distance Transforms" (2003). Of equally near cells, the
  /// lower column wins, then the lower row.
  ///
  /// - Parameters:
  ///   - missing: `[rows, columns]`.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: the filled raster; the raster itself if every cell is missing.
  /// - Throws: `WorkAbandoned`.
  func filledFromNearest(
    missing: [Bool], on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) -> Raster {
    precondition(missing.count == values.count)
    guard missing.contains(true) else { return self }
    let nearestRow = nearestPresentRow(missing: missing)
    return try Raster(
      rowCount: rowCount, columnCount: columnCount, grain: 32, on: threads
    ) { rows, result in
      var envelope = NearestColumnEnvelope()
      for row in rows {
        let target = (row - rows.lowerBound) * columnCount
        let cells = (row * columnCount)..<((row + 1) * columnCount)
        for (column, cell) in cells.enumerated() { result[target + column] = values[cell] }
        guard missing[cells].contains(true) else { continue }
        envelope.build(row: row, nearestRow: nearestRow[cells])
        for column in 0..<columnCount {
          guard let source = envelope.nearest(toColumn: column) else { continue }
          result[target + column] = self[source.row, source.column]
        }
      }
    }
  }

  /// The row of the nearest present cell within each cell's column, -1 in columns that have none;
  /// the lower row on ties; `[rows, columns]`.
  private func nearestPresentRow(missing: [Bool]) -> [Int32] {
    var nearest = [Int32](repeating: -1, count: values.count)
    for row in 0..<rowCount {
      for cell in (row * columnCount)..<((row + 1) * columnCount) {
        if !missing[cell] {
          nearest[cell] = Int32(row)
        } else if row > 0 {
          nearest[cell] = nearest[cell - columnCount]
        }
      }
    }
    for row in stride(from: rowCount - 2, through: 0, by: -1) {
      for cell in (row * columnCount)..<((row + 1) * columnCount) where missing[cell] {
        let above = Int(nearest[cell])
        let below = Int(nearest[cell + columnCount])
        if below > row, above < 0 || below - row < row - above { nearest[cell] = Int32(below) }
      }
    }
    return nearest
  }
}

/// The lower envelope of the squared distances from one row's cells to each column's nearest cell.
private struct NearestColumnEnvelope {
  struct Source {
    var row: Int
    var column: Int
    /// Squared distance along the column from the current row, in cells.
    var squaredOffset: Double
  }

  private var sources: [Source] = []
  /// The source of the column asked for last.
  private var current = 0

  mutating func build(row: Int, nearestRow: ArraySlice<Int32>) {
    sources.removeAll(keepingCapacity: true)
    current = 0
    for (column, source) in nearestRow.enumerated() where source >= 0 {
      let offset = Double(Int(source) - row)
      let candidate = Source(row: Int(source), column: column, squaredOffset: offset * offset)
      while sources.count >= 2,
        Self.hides(sources[sources.count - 2], sources[sources.count - 1], candidate)
      {
        sources.removeLast()
      }
      sources.append(candidate)
    }
  }

  /// The source nearest to a column; `nil` where no column has a present cell.
  ///
  /// Columns are asked for in ascending order.
  mutating func nearest(toColumn column: Int) -> Source? {
    guard !sources.isEmpty else { return nil }
    var distance = Self.squaredDistance(sources[current], column: column)
    while current + 1 < sources.count {
      let next = Self.squaredDistance(sources[current + 1], column: column)
      if distance <= next { break }
      distance = next
      current += 1
    }
    return sources[current]
  }

  private static func squaredDistance(_ source: Source, column: Int) -> Double {
    let offset = Double(source.column - column)
    return source.squaredOffset + offset * offset
  }

  /// Whether `middle` is nowhere nearer than `left` or `right` (Maurer et al., RemoveEDT).
  private static func hides(_ left: Source, _ middle: Source, _ right: Source) -> Bool {
    let a = Double(middle.column - left.column)
    let b = Double(right.column - middle.column)
    let c = a + b
    return c * middle.squaredOffset - b * left.squaredOffset - a * right.squaredOffset - a * b * c
      > 0
  }
}
