/// What is admitted now and what may still be: a pure state machine that never reads a clock.
struct AdmissionLedger: Sendable {
  /// The shortest and longest time a refused client is told to stay away, in seconds.
  private static let retryAfterSeconds = 1...60

  let limits: AdmissionLimits
  private(set) var admitted = AdmissionAmount.zero
  private(set) var isDraining = false
  private var drainRate = DrainRate()

  init(limits: AdmissionLimits) { self.limits = limits }

  /// Takes on a new request.
  mutating func admit(
    points: Int, bytes: Int, at now: ContinuousClock.Instant
  ) throws(AdmissionError) -> AdmissionAmount {
    guard !isDraining else { throw .draining }
    return try add(AdmissionAmount(requests: 1, points: points, bytes: bytes), to: .zero, at: now)
  }

  /// Whether a new request would be taken on.
  func check(points: Int, bytes: Int) throws(AdmissionError) {
    guard !isDraining else { throw .draining }
    try check(AdmissionAmount(requests: 1, points: points, bytes: bytes), on: .zero)
  }

  /// Raises what a request already admitted holds; a drain does not stand in its way.
  mutating func extend(
    _ held: AdmissionAmount, points: Int, bytes: Int, at now: ContinuousClock.Instant
  ) throws(AdmissionError) -> AdmissionAmount {
    try add(AdmissionAmount(requests: 0, points: points, bytes: bytes), to: held, at: now)
  }

  /// Gives back all that a request held.
  mutating func release(_ held: AdmissionAmount, at now: ContinuousClock.Instant) {
    drainRate.advance(to: now, isBusy: admitted.requests > 0)
    drainRate.record(held)
    admitted = admitted - held
  }

  mutating func drain() { isDraining = true }

  /// Seconds after which a refused request may find room; `nil` when it never will.
  mutating func retryAfter(_ error: AdmissionError, at now: ContinuousClock.Instant) -> Int? {
    switch error {
    case .tooManyPoints, .tooManyBytes:
      return nil
    case .draining:
      return Self.retryAfterSeconds.lowerBound
    case .queueFull(let quantity, let limit, let found):
      drainRate.advance(to: now, isBusy: admitted.requests > 0)
      guard let rate = drainRate.rate(of: quantity) else {
        return Self.retryAfterSeconds.lowerBound
      }
      let seconds = (Double(found) - Double(limit)) / rate
      let bounds = Self.retryAfterSeconds
      let bounded = min(
        max(seconds.rounded(.up), Double(bounds.lowerBound)), Double(bounds.upperBound))
      return Int(bounded)
    }
  }

  private mutating func add(
    _ amount: AdmissionAmount, to held: AdmissionAmount, at now: ContinuousClock.Instant
  ) throws(AdmissionError) -> AdmissionAmount {
    try check(amount, on: held)
    drainRate.advance(to: now, isBusy: admitted.requests > 0)
    admitted = admitted + amount
    return held + amount
  }

  private func check(
    _ amount: AdmissionAmount, on held: AdmissionAmount
  ) throws(AdmissionError) {
    let mostPoints = min(limits.requestPoints, limits.waitingPoints)
    let points = held.points.addingSaturating(amount.points)
    guard points <= mostPoints else { throw .tooManyPoints(limit: mostPoints, found: points) }
    let bytes = held.bytes.addingSaturating(amount.bytes)
    guard bytes <= limits.waitingBytes else {
      throw .tooManyBytes(limit: limits.waitingBytes, found: bytes)
    }
    try check(.requests, admitted.requests, amount.requests, limits.waitingRequests)
    try check(.points, admitted.points, amount.points, limits.waitingPoints)
    try check(.bytes, admitted.bytes, amount.bytes, limits.waitingBytes)
  }

  private func check(
    _ quantity: AdmissionQuantity, _ used: Int, _ asked: Int, _ limit: Int
  ) throws(AdmissionError) {
    let found = used.addingSaturating(asked)
    guard found <= limit else { throw .queueFull(quantity, limit: limit, found: found) }
  }
}

extension Int {
  /// The sum of two numbers that are not negative, at most `Int.max`.
  fileprivate func addingSaturating(_ other: Int) -> Int {
    let (sum, hasOverflowed) = addingReportingOverflow(other)
    return hasOverflowed ? .max : sum
  }
}
