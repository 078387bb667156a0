/// Values on a regular grid over the plane, `[rows, columns]`, row-major; rows follow x, columns y.
struct Raster: Equatable, Sendable {
  let rowCount: Int
  let columnCount: Int

  /// `[rowCount * columnCount]`.
  var values: [Double]

  /// Creates a raster holding `value` everywhere.
  init(rowCount: Int, columnCount: Int, repeating value: Double) {
    precondition(rowCount > 0 && columnCount > 0)
    self.rowCount = rowCount
    self.columnCount = columnCount
    values = [Double](repeating: value, count: rowCount * columnCount)
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columnCount + column] }
    set { values[row * columnCount + column] = newValue }
  }

  /// Rows and columns exchanged, in square blocks so that both sides stay in cache.
  func transposed() -> Raster {
    let block = 16
    var result = Raster(rowCount: columnCount, columnCount: rowCount, repeating: 0)
    for firstRow in stride(from: 0, to: rowCount, by: block) {
      let rows = firstRow..<min(firstRow + block, rowCount)
      for firstColumn in stride(from: 0, to: columnCount, by: block) {
        for column in firstColumn..<min(firstColumn + block, columnCount) {
          for row in rows { result[column, row] = self[row, column] }
        }
      }
    }
    return result
  }

  /// The index that the half-sample symmetric extension (`b a | a b c | c b`) of `count` values shows
  /// at `index`, which may lie any distance outside.
  static func mirroredIndex(_ index: Int, count: Int) -> Int {
    let period = 2 * count
    var offset = index % period
    if offset < 0 { offset += period }
    return offset < count ? offset : period - 1 - offset
  }
}
