/// The types of the Prometheus text format that are used here.
package enum MetricKind: String, Sendable {
  case counter
  case gauge
  case histogram
}

/// One time series, or the several of one histogram.
package protocol Metric: AnyObject, Sendable {
  static var kind: MetricKind { get }

  /// Appends the present value under that name and those labels.
  func write(_ name: String, _ labels: Labels, to text: inout ExpositionText)
}
