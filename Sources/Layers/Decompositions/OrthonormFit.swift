/// The training step of SpectralNet's orthogonalization, in float64.
package enum OrthonormFit {
  /// Added to the diagonal of XᵀX before the decomposition.
  package static let diagonalShift = 1e-7

  /// The matrix that orthonormalizes a batch X: with L the Cholesky factor of XᵀX + 10⁻⁷ I,
  /// (L⁻¹)ᵀ · sqrt(rows), upper triangular, so that (X W)ᵀ (X W) = rows · I.
  ///
  /// - Parameter batch: X `[rows, width]`
  /// - Returns: `[width, width]`, row-major.
  /// - Throws: `OrthonormFitError` for a batch that is empty, not finite, or too large in magnitude.
  package static func weights(for batch: Matrix) throws(OrthonormFitError) -> Matrix {
    guard batch.rowCount > 0, batch.columnCount > 0 else {
      throw .empty(rowCount: batch.rowCount, width: batch.columnCount)
    }
    if let index = batch.values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(
        row: index / batch.columnCount, column: index % batch.columnCount,
        found: batch.values[index])
    }
    guard let factor = batch.gram.addingToDiagonal(diagonalShift).choleskyFactor else {
      throw .notPositiveDefinite
    }
    var weights = factor.lowerTriangularInverse.transposed
    let scale = Double(batch.rowCount).squareRoot()
    for i in weights.values.indices { weights.values[i] *= scale }
    return weights
  }
}

/// A batch that no orthonormalizing matrix can be computed for.
package enum OrthonormFitError: Error, Equatable {
  case empty(rowCount: Int, width: Int)
  case notFinite(row: Int, column: Int, found: Double)
  /// The features are linearly dependent beyond what the diagonal shift makes up for.
  case notPositiveDefinite
}

extension OrthonormFitError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty(let rowCount, let width):
      "the batch must have rows and features, but is [\(rowCount), \(width)]"
    case .notFinite(let row, let column, let found):
      "the batch must hold finite numbers, but holds \(found) in row \(row), column \(column)"
    case .notPositiveDefinite:
      "the features of the batch are linearly dependent: give more rows, or fewer features"
    }
  }
}
