/// Names a waiting item, for cancelling it; numbers ascend in the order of arrival.
package struct BatchItemID: Hashable, Sendable {
  let number: UInt64
}

/// One piece of work that waits for a batch: a whole request or one window of it.
package struct BatchItem<Lane: BatchLane, Payload: Sendable>: Sendable {
  package let id: BatchItemID
  package let lane: Lane
  package let payload: Payload
  package let pointCount: Int
  package let arrival: ContinuousClock.Instant
  /// From this instant on the item is expired instead of computed.
  package let deadline: ContinuousClock.Instant?
}
