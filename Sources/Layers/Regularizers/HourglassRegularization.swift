/// The loss β · ‖W1ᵀ W1 / s − I‖_F that keeps an hourglass layer from losing information, with
/// s = ‖W1‖₂² found in one of three ways (doi:10.1109/TGRS.2023.3313876).
package struct HourglassRegularization: Hashable, Sendable {
  /// How the squared spectral norm of W1 is found.
  package enum SpectralStrategy: String, Sendable {
    /// The largest eigenvalue of W1ᵀ W1; NaN for W1 = 0.
    case unsafe
    /// The largest singular value of W1ᵀ W1; NaN for W1 = 0.
    case safe
    /// The largest eigenvalue of W1ᵀ W1 + λI, which is finite also for W1 = 0.
    case approximate = "approx"
  }

  /// λ of the approximate strategy for weights in float32.
  static let diagonalShift = 1e-5

  package let strategy: SpectralStrategy
  /// β.
  package let factor: Double

  package init(strategy: SpectralStrategy, factor: Double) {
    self.strategy = strategy
    self.factor = factor
  }

  /// β · L_h of W1 `[input width, hidden width]`.
  package func loss(of matrix: Matrix) -> Double { factor * departure(of: matrix) }

  /// L_h = ‖W1ᵀ W1 / s − I‖_F, without the factor.
  package func departure(of matrix: Matrix) -> Double {
    let covariance = matrix.gram
    let squaredNorm: Double
    switch strategy {
    case .unsafe:
      squaredNorm = covariance.symmetricEigenvalues.last ?? .nan
    case .safe:
      squaredNorm = covariance.spectralNorm
    case .approximate:
      squaredNorm =
        covariance.addingToDiagonal(Self.diagonalShift).symmetricEigenvalues.last ?? .nan
    }
    var sum = 0.0
    for i in 0..<covariance.rowCount {
      for j in 0..<covariance.columnCount {
        let difference = covariance[i, j] / squaredNorm - (i == j ? 1 : 0)
        sum += difference * difference
      }
    }
    return sum.squareRoot()
  }
}
