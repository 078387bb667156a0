#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Joins the predictions that overlapping receptive fields make for the same points.
///
/// Predictions count in the order in which they are added, in float64: equal order, equal result.
package struct PredictionReducer: Sendable {
  /// How several predictions for one point become one.
  package enum Strategy: String, Sendable, CaseIterable {
    /// The weighted average.
    case mean
    /// The weighted sum.
    case sum
    /// The largest value of each class.
    case max
    /// The average weighted by certainty: one minus the entropy over its upper bound.
    case entropic
  }

  package let strategy: Strategy
  package let pointCount: Int
  package let classCount: Int
  /// `[pointCount, classCount]`: sums, or maxima so far.
  private var totals: [Double]
  /// `[pointCount]`: the sums of the weights, or above zero for a point that is covered.
  private var weights: [Double]

  package init(strategy: Strategy, pointCount: Int, classCount: Int) {
    precondition(pointCount >= 0 && classCount >= 1)
    self.strategy = strategy
    self.pointCount = pointCount
    self.classCount = classCount
    totals = Array(repeating: 0, count: pointCount * classCount)
    weights = Array(repeating: 0, count: pointCount)
  }

  /// Adds one prediction for a point.
  ///
  /// - Parameters:
  ///   - values: the scores, `[classCount]`.
  ///   - point: the point, in `0 ..< pointCount`.
  ///   - weight: above zero; how much the receptive field trusts itself there. A maximum ignores it.
  package mutating func add(
    _ values: some RandomAccessCollection<Float>, to point: Int, weight: Double = 1
  ) {
    precondition(values.count == classCount)
    let base = point * classCount
    var weight = weight
    if strategy == .entropic {
      // A certainty of zero still has to cover the point.
      weight *= Swift.max(Self.certainty(of: values), 1e-12)
    }
    for (offset, value) in values.enumerated() {
      let value = Double(value)
      if strategy == .max {
        totals[base + offset] =
          weights[point] == 0 ? value : Swift.max(totals[base + offset], value)
      } else {
        totals[base + offset] += weight * value
      }
    }
    weights[point] += weight
  }

  /// 1 − E with E = −Σ p log2 p / (C · log2(e) / e), p clipped below at 10⁻⁶.
  private static func certainty(of values: some RandomAccessCollection<Float>) -> Double {
    var entropy = 0.0
    for value in values {
      let probability = Swift.max(Double(value), 1e-6)
      entropy -= probability * log2(probability)
    }
    let e = exp(1.0)
    return 1 - entropy / (Double(values.count) * log2(e) / e)
  }

  /// The joined predictions, `[pointCount, classCount]`; zeros for a point that none covers.
  package var values: [Float] {
    switch strategy {
    case .sum, .max: totals.map { Float($0) }
    case .mean, .entropic:
      totals.indices.map { index in
        let weight = weights[index / classCount]
        return weight == 0 ? 0 : Float(totals[index] / weight)
      }
    }
  }

  /// The class of each point, `[pointCount]`: the one with the largest value, the lowest on ties;
  /// for a single value, the value rounded (half to even).
  package var labels: [Int32] {
    let values = values
    return (0..<pointCount).map { point in
      let scores = values[(point * classCount)..<((point + 1) * classCount)]
      if classCount == 1 {
        return Int32(exactly: values[point].rounded(.toNearestOrEven)) ?? 0
      }
      var best = scores.startIndex
      for index in scores.indices where scores[index] > scores[best] { best = index }
      return Int32(best - scores.startIndex)
    }
  }
}
