/// How observed values are distributed over fixed buckets; observing is lock-free.
package final class Histogram: Metric {
  package static let kind = MetricKind.histogram

  private let upperBounds: [Double]
  /// One per upper bound, and one for what is above all of them.
  private let buckets: [Counter]
  private let total = Gauge()

  /// Makes an empty histogram.
  ///
  /// - Parameter upperBounds: The buckets' inclusive upper bounds, finite and ascending; the one
  ///   of infinity is added.
  package init(upperBounds: [Double]) {
    precondition(
      upperBounds.allSatisfy(\.isFinite) && zip(upperBounds, upperBounds.dropFirst()).allSatisfy(<),
      "upper bounds are finite and ascend")
    self.upperBounds = upperBounds
    buckets = (0...upperBounds.count).map { _ in Counter() }
  }

  package var count: UInt64 { buckets.reduce(0) { $0 &+ $1.value } }

  package var sum: Double { total.value }

  /// Adds an observation; one that is not a number is passed over.
  package func observe(_ value: Double) {
    guard !value.isNaN else { return }
    var low = 0
    var high = upperBounds.count
    while low < high {
      let middle = (low + high) / 2
      if upperBounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    buckets[low].increment()
    total.add(value)
  }

  /// Adds a duration, in seconds.
  package func observe(_ duration: Duration) { observe(duration / .seconds(1)) }

  /// Writes cumulative buckets, sum and count.
  ///
  /// The count is that of the last bucket, so the two agree also while others observe.
  package func write(_ name: String, _ labels: Labels, to text: inout ExpositionText) {
    var cumulative: UInt64 = 0
    for (bound, bucket) in zip(upperBounds + [.infinity], buckets) {
      cumulative &+= bucket.value
      text.sample(
        name + "_bucket", labels.adding("le", ExpositionText.format(bound)), cumulative)
    }
    text.sample(name + "_sum", labels, sum)
    text.sample(name + "_count", labels, cumulative)
  }
}
