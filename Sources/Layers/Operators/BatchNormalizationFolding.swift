/// Batch normalization with stored statistics, as a map per channel in float64.
enum BatchNormalizationFolding {
  /// Keras' default ε, which the layers of the seed never change.
  static let defaultEpsilon = 1e-3

  /// (x − mean) / sqrt(variance + ε) · gamma + beta as x · scale + shift.
  ///
  /// - Parameters:
  ///   - gamma: `[channels]`, or `nil` for one.
  ///   - beta: `[channels]`, or `nil` for zero.
  ///   - mean: `[channels]`
  ///   - variance: `[channels]`
  ///   - epsilon: ε
  ///   - name: the variance's name in an error.
  /// - Returns: the map, `[channels]`.
  /// - Throws: `LayerError.weightValue` where variance + ε is not above zero.
  static func affine(
    gamma: [Float]?, beta: [Float]?, mean: [Float], variance: [Float], epsilon: Double,
    varianceName name: String
  ) throws(LayerError) -> ChannelAffine {
    var scale: [Double] = []
    var shift: [Double] = []
    for channel in mean.indices {
      let shifted = Double(variance[channel]) + epsilon
      guard shifted > 0 else {
        throw .weightValue(
          name: name, expected: "variances above -\(epsilon), as their square root is taken",
          found: "\(variance[channel]) at \(channel)")
      }
      let factor = Double(gamma?[channel] ?? 1) / shifted.squareRoot()
      scale.append(factor)
      shift.append(Double(beta?[channel] ?? 0) - Double(mean[channel]) * factor)
    }
    return ChannelAffine(scale: scale, shift: shift)
  }

  /// Columns of a matrix `[rows, scale.count]` times their scale, rounded once.
  static func scaled(_ matrix: [Float], by scale: [Double]) -> [Float] {
    var result = matrix
    var column = 0
    for i in result.indices {
      result[i] = Float(Double(result[i]) * scale[column])
      column += 1
      if column == scale.count { column = 0 }
    }
    return result
  }
}
