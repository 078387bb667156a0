/// How the items of one lane are put together into batches.
package struct BatchLimits: Sendable, Equatable {
  /// The most items of one batch (`max_batch_size`).
  package var requestsPerBatch: Int
  /// The most points of one batch (`max_batch_points`); a larger item goes alone.
  package var pointsPerBatch: Int
  /// Batch sizes sent at once when reached, ascending, none above `requestsPerBatch`
  /// (`preferred_batch_size`).
  package var preferredRequests: [Int]
  /// How long the oldest item may wait for company (`max_queue_delay_microseconds`).
  package var maximumDelay: Duration
  /// When several workers are idle they divide what is due, in shares of at least so many points.
  package var smallestSharePoints: Int

  package init(
    requestsPerBatch: Int = 32,
    pointsPerBatch: Int = 65_536,
    preferredRequests: [Int] = [],
    maximumDelay: Duration = .zero,
    smallestSharePoints: Int = 1024
  ) {
    precondition(requestsPerBatch > 0 && pointsPerBatch > 0, "a batch holds something")
    precondition(maximumDelay >= .zero, "a delay is not negative")
    self.requestsPerBatch = requestsPerBatch
    self.pointsPerBatch = pointsPerBatch
    self.preferredRequests = preferredRequests.filter { (1...requestsPerBatch).contains($0) }
      .sorted()
    self.maximumDelay = maximumDelay
    self.smallestSharePoints = smallestSharePoints
  }
}
