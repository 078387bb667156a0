/// Upper bounds of the buckets used throughout, so that histograms compare.
package enum Buckets {
  /// Seconds, from what a small request takes to the longest deadline.
  package static let seconds: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  ]

  /// Points, in powers of four.
  package static let points: [Double] = powers(of: 4, from: 64, count: 10)

  /// Requests or windows of a batch, in powers of two.
  package static let requests: [Double] = powers(of: 2, from: 1, count: 8)

  private static func powers(of base: Double, from first: Double, count: Int) -> [Double] {
    var bound = first
    return (0..<count).map { _ in
      defer { bound *= base }
      return bound
    }
  }
}
