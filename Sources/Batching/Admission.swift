/// The bounded entrance: a request is worked on only while it holds a permit of this.
package final class Admission: Sendable {
  private let ledger: Monitor<AdmissionLedger>

  package init(limits: AdmissionLimits = AdmissionLimits()) {
    ledger = Monitor(AdmissionLedger(limits: limits))
  }

  /// Admits a request of `points` points whose body has `bytes` bytes.
  ///
  /// What is not yet known, for instance the points of a file not yet decoded, can be claimed
  /// later with ``Permit/extend(points:bytes:)``.
  ///
  /// - Parameters:
  ///   - points: The points of the request, not negative.
  ///   - bytes: The bytes held for the request, not negative.
  /// - Returns: The permit; the work is admitted until it is released.
  /// - Throws: ``AdmissionError`` when there is no room, now or ever, or when draining.
  package func admit(points: Int = 0, bytes: Int = 0) throws(AdmissionError) -> Permit {
    let held = try ledger.withLock { (ledger) throws(AdmissionError) in
      try ledger.admit(points: points, bytes: bytes, at: .now)
    }
    return Permit(of: self, holding: held)
  }

  /// Whether a request whose body has `bytes` bytes would be admitted now; nothing is.
  ///
  /// - Throws: ``AdmissionError`` as ``admit(points:bytes:)`` would.
  package func check(bytes: Int) throws(AdmissionError) {
    try ledger.withLock { (ledger) throws(AdmissionError) in
      try ledger.check(points: 0, bytes: bytes)
    }
  }

  /// What is admitted now.
  package var admitted: AdmissionAmount { ledger.withLock { $0.admitted } }

  package var isDraining: Bool { ledger.withLock { $0.isDraining } }

  /// Refuses every new request from now on; permits stay valid and can still be extended.
  package func drain() { ledger.withLock { $0.drain() } }

  /// Blocks until no permit is held; `false` when `deadline` comes first.
  package func waitUntilIdle(until deadline: ContinuousClock.Instant) -> Bool {
    ledger.wait { ledger in
      if ledger.admitted.requests == 0 { return .done(true) }
      return deadline <= .now ? .done(false) : .wait(until: deadline)
    }
  }

  /// Whole seconds for a `Retry-After` header (RFC 9110, section 10.2.3), from the measured rate
  /// at which admitted work is finished; `nil` when trying again is of no use.
  package func retryAfterSeconds(_ error: AdmissionError) -> Int? {
    ledger.withLock { $0.retryAfter(error, at: .now) }
  }

  func extend(
    _ held: AdmissionAmount, points: Int, bytes: Int
  ) throws(AdmissionError) -> AdmissionAmount {
    try ledger.withLock { (ledger) throws(AdmissionError) in
      try ledger.extend(held, points: points, bytes: bytes, at: .now)
    }
  }

  func release(_ held: AdmissionAmount) {
    let isIdle = ledger.withLock { ledger in
      ledger.release(held, at: .now)
      return ledger.admitted.requests == 0
    }
    if isIdle { ledger.broadcast() }
  }
}
