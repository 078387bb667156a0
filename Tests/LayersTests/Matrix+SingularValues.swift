import Layers

extension Matrix {
  /// The singular values, descending, by one-sided Jacobi rotations (Golub & Van Loan, Matrix
  /// Computations, section 8.6.3): a way to them that shares nothing with the one under test.
  var singularValues: [Double] {
    // Rotations orthogonalize the shorter side's vectors, kept as rows so that they are contiguous.
    var vectors = rowCount < columnCount ? self : transposed
    let sweepLimit = 60
    for _ in 0..<sweepLimit {
      var rotated = false
      for i in 0..<vectors.rowCount {
        for j in (i + 1)..<max(i + 1, vectors.rowCount) where vectors.orthogonalize(i, j) {
          rotated = true
        }
      }
      if !rotated { break }
    }
    return (0..<vectors.rowCount).map { vectors.dot($0, $0).squareRoot() }.sorted(by: >)
  }

  private func dot(_ i: Int, _ j: Int) -> Double {
    var sum = 0.0
    for k in 0..<columnCount { sum += self[i, k] * self[j, k] }
    return sum
  }

  /// Rotates two rows so that they become orthogonal; false where they already are.
  private mutating func orthogonalize(_ i: Int, _ j: Int) -> Bool {
    let alpha = dot(i, i)
    let beta = dot(j, j)
    let gamma = dot(i, j)
    guard abs(gamma) > Double.ulpOfOne * (alpha * beta).squareRoot() else { return false }
    let zeta = (beta - alpha) / (2 * gamma)
    let tangent = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = cosine * tangent
    for k in 0..<columnCount {
      let x = self[i, k]
      let y = self[j, k]
      self[i, k] = cosine * x - sine * y
      self[j, k] = sine * x + cosine * y
    }
    return true
  }
}
