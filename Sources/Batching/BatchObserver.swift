/// Told what happens to waiting items, for metrics.
///
/// Called on worker threads, the timer's thread and the cancelling thread, outside any lock; the
/// calls must not block.
package protocol BatchObserver<Lane>: Sendable {
  associatedtype Lane: BatchLane

  /// A batch goes to a worker; `queueTimes` has one entry per item, in order.
  func batchReleased(
    lane: Lane, reason: BatchReleaseReason, pointCount: Int, queueTimes: [Duration])

  /// An item's deadline has come while it waited.
  func itemExpired(lane: Lane, pointCount: Int, queueTime: Duration)

  /// An item was taken back while it waited.
  func itemCancelled(lane: Lane, pointCount: Int, queueTime: Duration)
}
