import Synchronization

/// A number that only grows; counting is one atomic addition.
package final class Counter: Metric {
  package static let kind = MetricKind.counter

  private let count = Atomic<UInt64>(0)

  package init() {}

  package var value: UInt64 { count.load(ordering: .relaxed) }

  package func increment(by amount: UInt64 = 1) { count.add(amount, ordering: .relaxed) }

  package func write(_ name: String, _ labels: Labels, to text: inout ExpositionText) {
    text.sample(name, labels, value)
  }
}
