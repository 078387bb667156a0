/// Something that writes complete families when metrics are asked for.
package protocol MetricCollector: Sendable {
  /// The families it may write.
  var names: [String] { get }

  /// Appends each family that has samples, in the order of `names`.
  func write(to text: inout ExpositionText)
}
