import RandomNumbers
import Synchronization
import Testing

@testable import Batching

@Suite("Admission")
struct AdmissionTests {
  let admission = Admission(
    limits: AdmissionLimits(
      waitingRequests: 3, waitingPoints: 100, waitingBytes: 1000, requestPoints: 80))

  /// What is admitted first, what is asked for then (points and bytes), and the refusal.
  static let refusals: [(first: [(Int, Int)], asked: (Int, Int), expected: AdmissionError)] = [
    ([(1, 1), (1, 1), (1, 1)], (1, 1), .queueFull(.requests, limit: 3, found: 4)),
    ([(80, 1)], (21, 1), .queueFull(.points, limit: 100, found: 101)),
    ([(1, 600)], (1, 401), .queueFull(.bytes, limit: 1000, found: 1001)),
    ([], (81, 1), .tooManyPoints(limit: 80, found: 81)),
    ([], (1, 1001), .tooManyBytes(limit: 1000, found: 1001)),
    ([(1, 1)], (Int.max, 1), .tooManyPoints(limit: 80, found: .max)),
    ([(1, 1)], (1, Int.max), .tooManyBytes(limit: 1000, found: .max)),
  ]

  @Test(arguments: refusals.indices)
  func `what is above a limit is refused and leaves no trace`(_ index: Int) throws {
    let test = Self.refusals[index]
    let permits = try test.first.map { try admission.admit(points: $0.0, bytes: $0.1) }
    let before = admission.admitted
    #expect(throws: test.expected) {
      try admission.admit(points: test.asked.0, bytes: test.asked.1)
    }
    #expect(admission.admitted == before)
    for permit in permits { permit.release() }
    #expect(admission.admitted == .zero)
  }

  @Test func `the limits themselves are admitted`() throws {
    let permits = try [(80, 500), (20, 500), (0, 0)].map {
      try admission.admit(points: $0.0, bytes: $0.1)
    }
    #expect(admission.admitted == AdmissionAmount(requests: 3, points: 100, bytes: 1000))
    withExtendedLifetime(permits) {}
  }

  @Test func `a permit is released once, by call or by its end`() throws {
    let permit = try admission.admit(points: 10, bytes: 10)
    let other = try admission.admit(points: 5, bytes: 5)
    permit.release()
    permit.release()
    #expect(admission.admitted == AdmissionAmount(requests: 1, points: 5, bytes: 5))
    other.release()
    do { _ = try admission.admit(points: 1) }
    #expect(admission.admitted == .zero)
  }

  @Test func `a permit released by many threads at once is released once`() throws {
    let kept = try admission.admit(points: 1, bytes: 1)
    for _ in 0..<50 {
      let permit = try admission.admit(points: 10, bytes: 10)
      try concurrently(4) { _ in permit.release() }
      #expect(admission.admitted == AdmissionAmount(requests: 1, points: 1, bytes: 1))
    }
    kept.release()
  }

  @Test func `a permit can be extended within the limits`() throws {
    let permit = try admission.admit(bytes: 900)
    try permit.extend(points: 70)
    #expect(throws: AdmissionError.tooManyPoints(limit: 80, found: 81)) {
      try permit.extend(points: 11)
    }
    let other = try admission.admit()
    #expect(throws: AdmissionError.queueFull(.points, limit: 100, found: 101)) {
      try other.extend(points: 31)
    }
    #expect(admission.admitted == AdmissionAmount(requests: 2, points: 70, bytes: 900))
    permit.release()
    try permit.extend(points: 1)
    #expect(admission.admitted == AdmissionAmount(requests: 1, points: 0, bytes: 0))
    withExtendedLifetime(other) {}
  }

  @Test func `a check tells what admitting would and admits nothing`() throws {
    let permit = try admission.admit(bytes: 600)
    try admission.check(bytes: 400)
    #expect(throws: AdmissionError.queueFull(.bytes, limit: 1000, found: 1001)) {
      try admission.check(bytes: 401)
    }
    #expect(throws: AdmissionError.tooManyBytes(limit: 1000, found: 1001)) {
      try admission.check(bytes: 1001)
    }
    #expect(admission.admitted == AdmissionAmount(requests: 1, points: 0, bytes: 600))
    admission.drain()
    #expect(throws: AdmissionError.draining) { try admission.check(bytes: 0) }
    withExtendedLifetime(permit) {}
  }

  @Test func `a drain refuses new requests and leaves the admitted ones alone`() throws {
    let permit = try admission.admit(points: 1)
    admission.drain()
    #expect(admission.isDraining)
    #expect(throws: AdmissionError.draining) { try admission.admit() }
    try permit.extend(points: 5)
    #expect(!admission.waitUntilIdle(until: .now))
    permit.release()
    #expect(admission.waitUntilIdle(until: .now))
  }

  @Test func `waiting for idleness ends with the last permit`() throws {
    let admission = self.admission
    let permits = try (0..<3).map { _ in try admission.admit() }
    let results = Collector<Bool>()
    try concurrently(2) { index in
      if index == 0 {
        results.add(admission.waitUntilIdle(until: .now + .seconds(60)))
      } else {
        for permit in permits { permit.release() }
      }
    }
    #expect(results.values == [true])
  }

  @Test func `admission under contention never exceeds its limits and loses nothing`() throws {
    let admission = self.admission
    let admitted = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    try concurrently(4) { index in
      var generator = SeededGenerator(seed: UInt64(index))
      for _ in 0..<500 {
        do {
          let permit = try admission.admit(
            points: Int.random(in: 0...60, using: &generator),
            bytes: Int.random(in: 0...600, using: &generator))
          let amount = admission.admitted
          if amount.requests > 3 || amount.points > 100 || amount.bytes > 1000 {
            Issue.record("above a limit: \(amount)")
          }
          admitted.add(1, ordering: .relaxed)
          permit.release()
        } catch {
          refused.add(1, ordering: .relaxed)
        }
      }
    }
    #expect(admitted.load(ordering: .relaxed) + refused.load(ordering: .relaxed) == 2000)
    #expect(admission.admitted == .zero)
  }
}

@Suite("Retry-After")
struct RetryAfterTests {
  let start = ContinuousClock.now

  /// A ledger that has finished `requests` requests of 100 points each per second, for 20 s.
  private func measured(requestsPerSecond: Int) throws -> (AdmissionLedger, ContinuousClock.Instant)
  {
    var ledger = AdmissionLedger(
      limits: AdmissionLimits(waitingRequests: 10, waitingPoints: 1000, requestPoints: 1000))
    var now = start
    _ = try ledger.admit(points: 0, bytes: 0, at: now)
    for _ in 0..<(20 * requestsPerSecond) {
      let held = try ledger.admit(points: 100, bytes: 0, at: now)
      now += .nanoseconds(1_000_000_000 / requestsPerSecond)
      ledger.release(held, at: now)
    }
    return (ledger, now)
  }

  static let estimates: [(requestsPerSecond: Int, error: AdmissionError, seconds: Int?)] = [
    (4, .queueFull(.requests, limit: 10, found: 11), 1),
    (4, .queueFull(.points, limit: 1000, found: 1900), 3),
    (1, .queueFull(.points, limit: 1000, found: 1950), 10),
    (1, .queueFull(.points, limit: 1000, found: .max), 60),
    (1, .queueFull(.bytes, limit: 1000, found: 1001), 1),
    (1, .draining, 1),
    (1, .tooManyPoints(limit: 1000, found: 1001), nil),
    (1, .tooManyBytes(limit: 1000, found: 1001), nil),
  ]

  @Test(arguments: estimates)
  func `the estimate follows from the measured rate`(
    _ requestsPerSecond: Int, _ error: AdmissionError, _ expected: Int?
  ) throws {
    var (ledger, now) = try measured(requestsPerSecond: requestsPerSecond)
    #expect(ledger.retryAfter(error, at: now) == expected)
  }

  @Test func `an idle hour does not lower the measured rate`() throws {
    var rate = DrainRate()
    rate.advance(to: start, isBusy: false)
    rate.advance(to: start + .seconds(2), isBusy: true)
    rate.record(AdmissionAmount(requests: 10, points: 0, bytes: 0))
    let before = try #require(rate.rate(of: .requests))
    rate.advance(to: start + .seconds(3602), isBusy: false)
    #expect(rate.rate(of: .requests) == before)
    #expect(rate.rate(of: .points) == nil)
  }

  @Test func `the rate follows a slowdown`() throws {
    var (ledger, now) = try measured(requestsPerSecond: 20)
    let error = AdmissionError.queueFull(.requests, limit: 10, found: 30)
    #expect(ledger.retryAfter(error, at: now) == 1)
    now += .seconds(40)
    let later = ledger.retryAfter(error, at: now)
    #expect(try #require(later) > 10)
  }

  @Test func `before anything is measured a second is asked for`() {
    var ledger = AdmissionLedger(limits: AdmissionLimits())
    let error = AdmissionError.queueFull(.points, limit: 1, found: 1_000_000)
    #expect(ledger.retryAfter(error, at: start) == 1)
  }
}
