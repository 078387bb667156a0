/// The waiting items of one lane and the decision when and how many of them go.
///
/// The order of decisions is that of Triton's dynamic batcher: a preferred size unless the oldest
/// has waited too long, else a full batch, else the oldest's delay, else how long to wait.
struct LaneQueue<Lane: BatchLane, Payload: Sendable>: Sendable {
  typealias Item = BatchItem<Lane, Payload>

  /// A batch that may go now.
  struct Release {
    let reason: BatchReleaseReason
    let requestCount: Int
    let pointCount: Int
    /// A preferred size stays whole; anything else may be divided among idle workers.
    let isDivisible: Bool
  }

  enum Decision {
    case release(Release)
    case wait(until: ContinuousClock.Instant)
  }

  private let limits: BatchLimits
  private var items = OrderedQueue<Item>()
  private(set) var pending = PendingWork.zero
  /// Items up to this one were part of a batch that several workers divide.
  private var divided: (last: BatchItemID, reason: BatchReleaseReason)?

  init(limits: BatchLimits) { self.limits = limits }

  var isEmpty: Bool { items.isEmpty }

  var oldest: Item? { items.first }

  mutating func append(_ item: Item) {
    items.append(item, number: item.id.number)
    pending.requests += 1
    pending.points += item.pointCount
  }

  mutating func remove(_ id: BatchItemID) -> Item? {
    guard let item = items.remove(number: id.number) else { return nil }
    subtract(item)
    return item
  }

  /// What to do at `now`; `nil` when nothing waits.
  func decide(at now: ContinuousClock.Instant, isDraining: Bool) -> Decision? {
    guard let oldest else { return nil }
    if let divided, oldest.id.number <= divided.last.number {
      return .release(release(divided.reason))
    }
    let due = oldest.arrival + limits.maximumDelay
    let hasDelay = limits.maximumDelay > .zero
    if !isDraining, !(hasDelay && now >= due), let preferred = preferredRelease() {
      return .release(preferred)
    }
    if pending.requests >= limits.requestsPerBatch || pending.points >= limits.pointsPerBatch {
      return .release(release(.full))
    }
    if isDraining { return .release(release(.drain)) }
    if now >= due { return .release(release(.delay)) }
    return .wait(until: due)
  }

  /// Removes the items of a batch just decided on, or one worker's share of them.
  mutating func take(_ release: Release, idleWorkers: Int) -> [Item] {
    var share: Int?
    if release.isDivisible, idleWorkers > 1 {
      share = max((release.pointCount + idleWorkers - 1) / idleWorkers, limits.smallestSharePoints)
    }
    var taken: [Item] = []
    taken.reserveCapacity(release.requestCount)
    var points = 0
    while taken.count < release.requestCount, taken.isEmpty || points < share ?? .max,
      let item = items.popFirst()
    {
      subtract(item)
      points += item.pointCount
      taken.append(item)
    }
    let remaining = release.requestCount - taken.count
    divided = remaining > 0 ? lastOfFirst(remaining).map { ($0, release.reason) } : nil
    return taken
  }

  /// The longest batch from the oldest item on, of at most `requestCount` items.
  private func release(
    _ reason: BatchReleaseReason, requestCount: Int? = nil
  ) -> Release {
    let most = requestCount ?? limits.requestsPerBatch
    var count = 0
    var points = 0
    items.forEach { item in
      guard count < most else { return false }
      guard count == 0 || item.pointCount <= limits.pointsPerBatch - points else { return false }
      points += item.pointCount
      count += 1
      return true
    }
    return Release(
      reason: reason, requestCount: count, pointCount: points, isDivisible: requestCount == nil)
  }

  private func preferredRelease() -> Release? {
    guard !limits.preferredRequests.isEmpty else { return nil }
    let longest = release(.full).requestCount
    guard let size = limits.preferredRequests.last(where: { $0 <= longest }) else { return nil }
    return release(.full, requestCount: size)
  }

  private func lastOfFirst(_ count: Int) -> BatchItemID? {
    var visited = 0
    var last: BatchItemID?
    items.forEach { item in
      visited += 1
      last = item.id
      return visited < count
    }
    return last
  }

  private mutating func subtract(_ item: Item) {
    pending.requests -= 1
    pending.points -= item.pointCount
  }
}
