/// A dense matrix in float64, row-major; small enough to be decomposed at load or by a tool.
package struct Matrix: Hashable, Sendable {
  package let rowCount: Int
  package let columnCount: Int
  /// `[rowCount, columnCount]`.
  package var values: [Double]

  /// - Precondition: `values` holds `rowCount * columnCount` elements.
  package init(rowCount: Int, columnCount: Int, values: [Double]) {
    precondition(values.count == rowCount * columnCount)
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.values = values
  }

  /// A stored tensor of rank 2.
  package init(_ tensor: LayerWeights.Tensor) {
    precondition(tensor.shape.count == 2)
    self.init(
      rowCount: tensor.shape[0], columnCount: tensor.shape[1],
      values: tensor.values.map(Double.init))
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columnCount + column] }
    set { values[row * columnCount + column] = newValue }
  }

  package var transposed: Matrix {
    var result = Matrix(
      rowCount: columnCount, columnCount: rowCount,
      values: Array(repeating: 0, count: values.count))
    for row in 0..<rowCount {
      for column in 0..<columnCount { result[column, row] = self[row, column] }
    }
    return result
  }

  /// Aᵀ A, `[columnCount, columnCount]`.
  package var gram: Matrix {
    var result = Matrix(
      rowCount: columnCount, columnCount: columnCount,
      values: Array(repeating: 0, count: columnCount * columnCount))
    for row in 0..<rowCount {
      for i in 0..<columnCount {
        let factor = self[row, i]
        guard factor != 0 else { continue }
        for j in i..<columnCount { result[i, j] += factor * self[row, j] }
      }
    }
    for i in 0..<columnCount {
      for j in 0..<i { result[i, j] = result[j, i] }
    }
    return result
  }

  /// The same matrix with a number added to its diagonal.
  package func addingToDiagonal(_ number: Double) -> Matrix {
    var result = self
    for i in 0..<min(rowCount, columnCount) { result[i, i] += number }
    return result
  }

}
