extension Matrix {
  /// Up to this many rows or columns, all eigenvalues are computed.
  private static let exactLimit = 128

  /// The spectral norm ‖A‖₂: the largest singular value; NaN for a matrix that holds NaN.
  ///
  /// Large matrices take Lanczos steps (Golub & Van Loan, Matrix Computations, section 10.1), which
  /// find the largest singular value to about ten digits.
  package var spectralNorm: Double {
    let squared: Double
    if min(rowCount, columnCount) <= Self.exactLimit {
      let smallerGram = rowCount < columnCount ? transposed.gram : gram
      squared = smallerGram.symmetricEigenvalues.last ?? 0
    } else {
      squared = largestGramEigenvalue(steps: Self.exactLimit)
    }
    // Rounding can leave the largest eigenvalue of a zero matrix slightly negative.
    return squared < 0 ? 0 : squared.squareRoot()
  }

  /// The largest eigenvalue of Aᵀ A in the Krylov space of a fixed start.
  private func largestGramEigenvalue(steps: Int) -> Double {
    var basis: [[Double]] = []
    var diagonal: [Double] = []
    var offDiagonal: [Double] = []
    var next = Self.fixedUnitVector(columnCount)
    while basis.count < min(steps, columnCount) {
      basis.append(next)
      var image = gramProduct(next)
      diagonal.append(Self.dot(image, next))
      // Twice is enough: without it, rounding lets converged directions come back.
      for _ in 0..<2 {
        for vector in basis {
          let component = Self.dot(image, vector)
          for i in image.indices { image[i] -= component * vector[i] }
        }
      }
      let norm = Self.dot(image, image).squareRoot()
      guard norm > Double.ulpOfOne * abs(diagonal[0]) else { break }
      offDiagonal.append(norm)
      next = image.map { $0 / norm }
    }
    var projected = Matrix(
      rowCount: basis.count, columnCount: basis.count,
      values: Array(repeating: 0, count: basis.count * basis.count))
    for i in basis.indices {
      projected[i, i] = diagonal[i]
      guard i + 1 < basis.count else { break }
      projected[i, i + 1] = offDiagonal[i]
      projected[i + 1, i] = offDiagonal[i]
    }
    return projected.symmetricEigenvalues.last ?? 0
  }

  /// Aᵀ (A x), `[columnCount]`.
  private func gramProduct(_ x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: columnCount)
    for row in 0..<rowCount {
      let start = row * columnCount
      var sum = 0.0
      for column in 0..<columnCount { sum += values[start + column] * x[column] }
      for column in 0..<columnCount { result[column] += values[start + column] * sum }
    }
    return result
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }

  /// A start that no structured matrix is orthogonal to: scrambled, and the same in every run.
  private static func fixedUnitVector(_ count: Int) -> [Double] {
    var state: UInt64 = 0x2545_F491_4F6C_DD1D
    let values = (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / Double(1 << 53) - 0.5
    }
    let norm = dot(values, values).squareRoot()
    return values.map { $0 / norm }
  }
}
