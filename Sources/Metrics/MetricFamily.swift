import Locking

/// All series of one name, one for each combination of label values.
///
/// The number of series is bounded: once it is reached, new combinations share one series whose
/// labels all say `other`, and long values are cut, so that hostile values cannot take memory.
package final class MetricFamily<Series: Metric>: MetricCollector {
  /// The value of every label of the shared series.
  package static var otherLabel: String { "other" }
  /// Longer label values are cut.
  private static var longestLabelByteCount: Int { 128 }

  package let name: String
  private let help: String
  private let labelNames: [String]
  private let seriesLimit: Int
  private let makeSeries: @Sendable () -> Series
  private let series: Lock<[[String]: Series]>

  init(
    name: String, help: String, labels labelNames: [String], seriesLimit: Int,
    makeSeries: @escaping @Sendable () -> Series
  ) {
    precondition(seriesLimit > 0, "a family has series")
    self.name = name
    self.help = help
    self.labelNames = labelNames
    self.seriesLimit = seriesLimit
    self.makeSeries = makeSeries
    series = Lock([:])
  }

  package var names: [String] { [name] }

  /// The series of these label values, one per label name in their order; made when it is new.
  ///
  /// Keep it where it is used often: looking it up takes a lock, using it does not.
  package func series(_ values: String...) -> Series {
    precondition(values.count == labelNames.count, "\(name) has the labels \(labelNames)")
    let key = values.map(Self.bounded)
    return series.withLock { series in
      if let known = series[key] { return known }
      let other = labelNames.map { _ in Self.otherLabel }
      // The shared series is not counted: it exists only once the limit is reached.
      let key = series.count < seriesLimit ? key : other
      if let known = series[key] { return known }
      let new = makeSeries()
      series[key] = new
      return new
    }
  }

  /// Ends the series of these label values, for instance of a model no longer loaded.
  package func remove(_ values: String...) {
    let key = values.map(Self.bounded)
    series.withLock { $0[key] = nil }
  }

  /// Ends all series.
  package func removeAll() { series.withLock { $0.removeAll() } }

  package func write(to text: inout ExpositionText) {
    let all = series.withLock { $0 }
    guard !all.isEmpty else { return }
    text.header(name, Series.kind, help: help)
    let ordered = all.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (values, series) in ordered {
      let labels = Labels(zip(labelNames, values).map { (name: $0, value: $1) })
      series.write(name, labels, to: &text)
    }
  }

  private static func bounded(_ value: String) -> String {
    guard value.utf8.count > longestLabelByteCount else { return value }
    return String(decoding: value.utf8.prefix(longestLabelByteCount), as: UTF8.self)
  }
}
