import Layers

/// How requests of a model may be joined.
package struct BatchingSection: Sendable, Hashable {
  package var maximumBatchSize = 32
  package var maximumBatchPoints = 65_536
  /// Ascending; a batch of one of these sizes leaves without waiting.
  package var preferredBatchSizes: [Int] = []
  package var maximumQueueDelay: Duration = .microseconds(500)

  private enum Key: String, CaseIterable {
    case maximumBatchSize = "max_batch_size"
    case maximumBatchPoints = "max_batch_points"
    case preferredBatchSizes = "preferred_batch_size"
    case maximumQueueDelay = "max_queue_delay_microseconds"
  }

  package init() {}

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    maximumBatchSize = try object.integer(
      .maximumBatchSize, in: 1...65_536, default: maximumBatchSize)
    maximumBatchPoints = try object.integer(
      .maximumBatchPoints, in: 1...(1 << 30), default: maximumBatchPoints)
    preferredBatchSizes = try object.integers(
      .preferredBatchSizes, in: 1...maximumBatchSize, default: []
    ).sorted()
    let microseconds = try object.integer(
      .maximumQueueDelay, in: 0...60_000_000, default: 500)
    maximumQueueDelay = .microseconds(microseconds)
  }

  var json: ConfigValue {
    let (seconds, attoseconds) = maximumQueueDelay.components
    let microseconds = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    return .object([
      Key.maximumBatchSize.rawValue: .integer(maximumBatchSize),
      Key.maximumBatchPoints.rawValue: .integer(maximumBatchPoints),
      Key.preferredBatchSizes.rawValue: .array(preferredBatchSizes.map { .integer($0) }),
      Key.maximumQueueDelay.rawValue: .integer(microseconds),
    ])
  }
}
