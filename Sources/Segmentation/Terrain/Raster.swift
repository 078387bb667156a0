import Batching

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

  /// Computes the values row by row, with the help of other threads.
  ///
  /// - Parameters:
  ///   - rowCount: at least 1.
  ///   - columnCount: at least 1.
  ///   - grain: how many rows one thread takes at a time.
  ///   - threads: what helps, and whether the result is still wanted.
  ///   - fill: writes the rows of a range.
  /// - Throws: `WorkAbandoned`.
  init(
    rowCount: Int, columnCount: Int, grain: Int, on threads: WorkSharing,
    _ fill: @escaping @Sendable (Range<Int>, inout MutableSpan<Double>) -> Void
  ) throws(WorkAbandoned) {
    precondition(rowCount > 0 && columnCount > 0)
    self.rowCount = rowCount
    self.columnCount = columnCount
    values = try threads.rows(rowCount, width: columnCount, grain: grain, fill)
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
