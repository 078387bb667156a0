import Synchronization

/// A number that goes up and down; setting and adding are lock-free.
package final class Gauge: Metric {
  package static let kind = MetricKind.gauge

  private let bits = Atomic<UInt64>(0)

  package init() {}

  package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  package func add(_ amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + amount).bitPattern
      let (exchanged, original) = bits.weakCompareExchange(
        expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = original
    }
  }

  package func write(_ name: String, _ labels: Labels, to text: inout ExpositionText) {
    text.sample(name, labels, value)
  }
}
