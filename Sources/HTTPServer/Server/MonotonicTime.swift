import CSystem

/// A moment on a clock that nobody sets.
struct MonotonicTime: Sendable, Comparable {
  /// Nanoseconds since an arbitrary moment.
  var nanoseconds: Int64

  static var now: MonotonicTime { MonotonicTime(nanoseconds: csystem_monotonic_nanoseconds()) }
  static let distantFuture = MonotonicTime(nanoseconds: .max)

  static func < (first: MonotonicTime, second: MonotonicTime) -> Bool {
    first.nanoseconds < second.nanoseconds
  }

  /// The moment a duration later; far durations end in the distant future.
  static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
    return overflow ? .distantFuture : MonotonicTime(nanoseconds: sum)
  }

  static func - (end: MonotonicTime, start: MonotonicTime) -> Duration {
    .nanoseconds(end.nanoseconds - start.nanoseconds)
  }
}

extension Duration {
  /// Whole nanoseconds, saturated.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, beyond) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return beyond ? .max : sum
  }
}
