/// A token bucket per client.
///
/// Pure: the time is an argument.
struct RateLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var time: MonotonicTime
  }

  private let tokensPerSecond: Double
  private let capacity: Double
  private var buckets: [String: Bucket] = [:]

  /// Buckets above which those that are full again are dropped: a client without one starts with
  /// a full one.
  private static let sweepCount = 4096
  private var nextSweepCount = sweepCount

  /// A limiter that knows no client yet.
  ///
  /// - Parameters:
  ///   - requestsPerSecond: what a client may do in the long run; above 0.
  ///   - burst: what it may do at once; at least 1.
  init(requestsPerSecond: Double, burst: Int) {
    tokensPerSecond = requestsPerSecond
    capacity = Double(max(1, burst))
  }

  /// Takes a token of a client.
  ///
  /// - Returns: nil when there was one, otherwise how long until there is one.
  mutating func take(_ client: String, now: MonotonicTime) -> Duration? {
    var bucket = buckets[client] ?? Bucket(tokens: capacity, time: now)
    bucket.tokens = tokens(of: bucket, now: now)
    bucket.time = now
    defer {
      buckets[client] = bucket
      if buckets.count > nextSweepCount { sweep(now: now) }
    }
    guard bucket.tokens < 1 else {
      bucket.tokens -= 1
      return nil
    }
    return .seconds((1 - bucket.tokens) / tokensPerSecond)
  }

  /// Clients that have a bucket.
  var clientCount: Int { buckets.count }

  private func tokens(of bucket: Bucket, now: MonotonicTime) -> Double {
    let seconds = Double((now - bucket.time).nanoseconds) / 1e9
    return min(capacity, bucket.tokens + max(0, seconds) * tokensPerSecond)
  }

  private mutating func sweep(now: MonotonicTime) {
    buckets = buckets.filter { tokens(of: $0.value, now: now) < capacity }
    nextSweepCount = max(Self.sweepCount, buckets.count * 2)
  }
}
