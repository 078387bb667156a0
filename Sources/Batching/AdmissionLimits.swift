/// How much work the service takes on at once.
///
/// Admitted work counts from admission until its permit is released, so these limits bound the
/// memory that requests can hold.
package struct AdmissionLimits: Sendable, Equatable {
  /// The most requests admitted at once.
  package var waitingRequests: Int
  /// The most points admitted at once.
  package var waitingPoints: Int
  /// The most bytes of request bodies admitted at once.
  package var waitingBytes: Int
  /// The most points of one request.
  package var requestPoints: Int

  package init(
    waitingRequests: Int = 256,
    waitingPoints: Int = 32_000_000,
    waitingBytes: Int = 1 << 30,
    requestPoints: Int = 16_000_000
  ) {
    precondition(
      min(waitingRequests, waitingPoints, waitingBytes, requestPoints) > 0,
      "admission limits are positive")
    self.waitingRequests = waitingRequests
    self.waitingPoints = waitingPoints
    self.waitingBytes = waitingBytes
    self.requestPoints = requestPoints
  }
}
