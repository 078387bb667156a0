extension Raster {
  /// Gives every missing cell the value of the nearest cell that is not missing.
  ///
  /// Distances are exact and Euclidean, by the two passes of Maurer, Qi and Raghavan, "A Linear Time
  /// Algorithm for Computing Exact Euclidean Distance Transforms" (2003). Of equally near cells, the
  /// lower column wins, then the lower row.
  ///
  /// - Parameter missing: `[rows, columns]`.
  /// - Returns: the filled raster; the raster itself if every cell is missing.
  func filledFromNearest(missing: [Bool]) -> Raster {
    precondition(missing.count == values.count)
    guard missing.contains(true) else { return self }
    let nearestRow = nearestPresentRow(missing: missing)
    var result = self
    var envelope = NearestColumnEnvelope()
    for row in 0..<rowCount {
      envelope.build(
        row: row, nearestRow: nearestRow[(row * columnCount)..<((row + 1) * columnCount)])
      if envelope.isEmpty { continue }
      envelope.forEachNearest(columnCount: columnCount) { column, source in
        result[row, column] = self[source.row, source.column]
      }
    }
    return result
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

  var isEmpty: Bool { sources.isEmpty }

  mutating func build(row: Int, nearestRow: ArraySlice<Int32>) {
    sources.removeAll(keepingCapacity: true)
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

  /// Calls `body` with each column, ascending, and its nearest source.
  func forEachNearest(columnCount: Int, _ body: (Int, Source) -> Void) {
    var current = 0
    for column in 0..<columnCount {
      var distance = Self.squaredDistance(sources[current], column: column)
      while current + 1 < sources.count {
        let next = Self.squaredDistance(sources[current + 1], column: column)
        if distance <= next { break }
        distance = next
        current += 1
      }
      body(column, sources[current])
    }
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
