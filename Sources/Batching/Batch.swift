/// Why a batch was sent.
package enum BatchReleaseReason: String, Sendable, CaseIterable {
  /// It cannot grow, or has a preferred size.
  case full
  /// Its oldest item has waited long enough.
  case delay
  /// The service is shutting down and waits for no company.
  case drain
}

/// Items of one lane for one worker to compute together, in the order of their arrival.
package struct Batch<Lane: BatchLane, Payload: Sendable>: Sendable {
  package let lane: Lane
  /// Never empty.
  package let items: [BatchItem<Lane, Payload>]
  package let pointCount: Int
  package let reason: BatchReleaseReason
  package let releaseTime: ContinuousClock.Instant
  /// How many other workers had nothing to do then, and found nothing either.
  package let idleWorkerCount: Int

  /// How long an item of this batch has waited.
  package func queueTime(of item: BatchItem<Lane, Payload>) -> Duration {
    item.arrival.duration(to: releaseTime)
  }
}
