extension Matrix {
  /// The lower triangular L with A = L Lᵀ of a symmetric positive definite matrix, or `nil` for a
  /// matrix that is not positive definite or holds NaN.
  package var choleskyFactor: Matrix? {
    precondition(rowCount == columnCount)
    var factor = Matrix(
      rowCount: rowCount, columnCount: rowCount, values: Array(repeating: 0, count: values.count))
    for i in 0..<rowCount {
      for j in 0...i {
        var sum = self[i, j]
        for k in 0..<j { sum -= factor[i, k] * factor[j, k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return nil }
          factor[i, i] = sum.squareRoot()
        } else {
          factor[i, j] = sum / factor[j, j]
        }
      }
    }
    return factor
  }

  /// The inverse of a lower triangular matrix without a zero on its diagonal.
  package var lowerTriangularInverse: Matrix {
    precondition(rowCount == columnCount)
    var inverse = Matrix(
      rowCount: rowCount, columnCount: rowCount, values: Array(repeating: 0, count: values.count))
    for column in 0..<rowCount {
      inverse[column, column] = 1 / self[column, column]
      for row in (column + 1)..<max(column + 1, rowCount) {
        var sum = 0.0
        for k in column..<row { sum += self[row, k] * inverse[k, column] }
        inverse[row, column] = -sum / self[row, row]
      }
    }
    return inverse
  }
}
