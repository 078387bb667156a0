import Locking

/// The families of a process, written in the order of their names.
package final class MetricRegistry: Sendable {
  private struct State {
    var collectors: [any MetricCollector] = []
    var names: Set<String> = []
  }

  private let state = Lock(State())

  package init() {}

  /// Adds a counter; its name ends in `_total` by convention, `help` is one sentence.
  package func counter(_ name: String, _ help: String) -> Counter {
    counter(name, help, labels: []).series()
  }

  /// Adds a gauge; its name ends in its unit by convention, `help` is one sentence.
  package func gauge(_ name: String, _ help: String) -> Gauge {
    gauge(name, help, labels: []).series()
  }

  /// Adds a histogram; its name ends in its unit by convention, `help` is one sentence.
  package func histogram(_ name: String, _ help: String, upperBounds: [Double]) -> Histogram {
    histogram(name, help, labels: [], upperBounds: upperBounds).series()
  }

  /// Adds a family of counters; at most `seriesLimit` combinations of label values are kept apart.
  package func counter(
    _ name: String, _ help: String, labels: [String], seriesLimit: Int = 256
  ) -> MetricFamily<Counter> {
    add(name, help, labels, seriesLimit) { Counter() }
  }

  /// Adds a family of gauges; at most `seriesLimit` combinations of label values are kept apart.
  package func gauge(
    _ name: String, _ help: String, labels: [String], seriesLimit: Int = 256
  ) -> MetricFamily<Gauge> {
    add(name, help, labels, seriesLimit) { Gauge() }
  }

  /// Adds a family of histograms; at most `seriesLimit` combinations of label values are kept
  /// apart.
  package func histogram(
    _ name: String, _ help: String, labels: [String], upperBounds: [Double], seriesLimit: Int = 64
  ) -> MetricFamily<Histogram> {
    precondition(!labels.contains("le"), "le names the bucket")
    return add(name, help, labels, seriesLimit) { Histogram(upperBounds: upperBounds) }
  }

  /// Adds families written by other means.
  package func register(_ collector: any MetricCollector) {
    for name in collector.names {
      precondition(Self.isMetricName(name), "\(name) is not a metric's name")
    }
    state.withLock { state in
      for name in collector.names {
        precondition(state.names.insert(name).inserted, "\(name) is registered already")
      }
      state.collectors.append(collector)
    }
  }

  /// The present values as Prometheus text.
  ///
  /// - Parameter isIncluded: Whether a collector with a family of this name (its first) is written.
  /// - Returns: The text, of the media type ``ExpositionText/contentType``.
  package func exposition(where isIncluded: (String) -> Bool = { _ in true }) -> String {
    let collectors = state.withLock { $0.collectors }
    let ordered = collectors.compactMap { collector in
      collector.names.first.map { (name: $0, collector: collector) }
    }.sorted { $0.name < $1.name }
    var text = ExpositionText()
    for (name, collector) in ordered where isIncluded(name) { collector.write(to: &text) }
    return text.text
  }

  private func add<Series>(
    _ name: String, _ help: String, _ labels: [String], _ seriesLimit: Int,
    _ makeSeries: @escaping @Sendable () -> Series
  ) -> MetricFamily<Series> {
    for label in labels { precondition(Self.isLabelName(label), "\(label) is not a label's name") }
    let family = MetricFamily(
      name: name, help: help, labels: labels, seriesLimit: seriesLimit, makeSeries: makeSeries)
    register(family)
    return family
  }

  /// Whether it has the form `[a-zA-Z_:][a-zA-Z0-9_:]*`.
  private static func isMetricName(_ name: String) -> Bool {
    isLabelName(name.replacing(":", with: "_"))
  }

  /// Whether it has the form `[a-zA-Z_][a-zA-Z0-9_]*` and does not begin with two underscores.
  private static func isLabelName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
      !name.hasPrefix("__")
    else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
