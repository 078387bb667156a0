/// Repeated measurements of one quantity, at least one.
package struct Samples: Sendable, Equatable {
  /// In ascending order.
  private let sorted: [Double]

  /// Takes measurements in any order; at least one, none of them NaN.
  package init(_ values: [Double]) {
    precondition(!values.isEmpty && values.allSatisfy { !$0.isNaN })
    sorted = values.sorted()
  }

  package var count: Int { sorted.count }
  package var minimum: Double { sorted[0] }
  package var maximum: Double { sorted[sorted.count - 1] }
  package var mean: Double { sorted.reduce(0, +) / Double(count) }
  package var median: Double { quantile(0.5) }

  /// Half the distance between the quartiles, as a share of the median; zero for a median of zero.
  package var spread: Double {
    median == 0 ? 0 : (quantile(0.75) - quantile(0.25)) / 2 / median
  }

  /// The value that the given share of the measurements does not exceed, interpolated linearly.
  ///
  /// - Parameter share: 0 gives the minimum, 1 the maximum.
  /// - Returns: in the unit of the measurements.
  package func quantile(_ share: Double) -> Double {
    precondition((0...1).contains(share))
    let position = share * Double(count - 1)
    let below = Int(position)
    let above = min(below + 1, count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
  }

  /// One number for all measurements.
  package func summarized(by summary: Summary) -> Double {
    switch summary {
    case .median: median
    case .minimum: minimum
    }
  }

  /// Which number stands for repeated measurements of a time.
  package enum Summary: String, Sendable, CaseIterable {
    /// What a run usually takes.
    case median
    /// What it takes when nothing else disturbs it: for machines that others use as well.
    case minimum
  }
}
