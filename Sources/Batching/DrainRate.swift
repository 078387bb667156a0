#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How fast admitted work has lately been finished, per second of time with work at hand.
///
/// Both the finished amounts and the time they took fade exponentially, so the rate follows a
/// change within about `memory`; idle time neither counts nor fades anything.
struct DrainRate: Sendable {
  /// After this much busy time an observation weighs 1/e.
  private static let memory = 10.0
  /// With less observed busy time than this, in seconds, nothing is claimed.
  private static let leastObservation = 0.01

  private var requests = 0.0
  private var points = 0.0
  private var bytes = 0.0
  private var busySeconds = 0.0
  private var lastUpdate: ContinuousClock.Instant?

  /// Accounts for the time since the last call; `isBusy` tells whether work was at hand in it.
  mutating func advance(to now: ContinuousClock.Instant, isBusy: Bool) {
    defer { lastUpdate = now }
    guard isBusy, let lastUpdate, lastUpdate < now else { return }
    let seconds = lastUpdate.duration(to: now) / .seconds(1)
    let fading = exp(-seconds / Self.memory)
    requests *= fading
    points *= fading
    bytes *= fading
    busySeconds = busySeconds * fading + Self.memory * (1 - fading)
  }

  /// Records finished work at the time of the last `advance`.
  mutating func record(_ amount: AdmissionAmount) {
    requests += Double(amount.requests)
    points += Double(amount.points)
    bytes += Double(amount.bytes)
  }

  /// Amount per second; `nil` until something has been measured.
  func rate(of quantity: AdmissionQuantity) -> Double? {
    guard busySeconds >= Self.leastObservation else { return nil }
    let amount =
      switch quantity {
      case .requests: requests
      case .points: points
      case .bytes: bytes
      }
    return amount > 0 ? amount / busySeconds : nil
  }
}
