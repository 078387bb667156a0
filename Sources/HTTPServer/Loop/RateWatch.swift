/// Judges whether bytes move fast enough, over one interval after the other.
struct RateWatch {
  private var start: MonotonicTime
  private var byteCount = 0

  init(now: MonotonicTime) { start = now }

  /// Counts bytes that moved.
  mutating func add(_ count: Int) { byteCount += count }

  /// When the running interval can be judged.
  func end(interval: Duration) -> MonotonicTime { start + interval }

  /// Whether an interval ended with less than the minimum; starts the next one when it did not.
  mutating func isTooSlow(
    now: MonotonicTime, interval: Duration, minimumBytesPerSecond: Int
  ) -> Bool {
    guard minimumBytesPerSecond > 0, now >= end(interval: interval) else { return false }
    let seconds = Double((now - start).nanoseconds) / 1e9
    guard Double(byteCount) >= Double(minimumBytesPerSecond) * seconds else { return true }
    self = RateWatch(now: now)
    return false
  }
}
