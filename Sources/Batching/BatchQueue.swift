/// Items waiting to be batched: a pure state machine that never reads a clock.
///
/// Items of one lane leave in the order of their arrival; among the lanes that have a batch ready,
/// the one whose oldest item came first goes first. Nothing is ever refused here: what may wait is
/// bounded by admission.
package struct BatchQueue<Lane: BatchLane, Payload: Sendable>: Sendable {
  package typealias Item = BatchItem<Lane, Payload>

  /// What a free worker does next.
  package enum Next: Sendable {
    case batch(Batch<Lane, Payload>)
    /// Nothing is ready before this instant unless another item arrives.
    case wait(until: ContinuousClock.Instant)
    case empty
  }

  /// Deadlines of items that have left are tolerated up to so many, or as many as items wait.
  private static var toleratedStaleDeadlines: Int { 64 }

  private var lanes: [Lane: LaneQueue<Lane, Payload>] = [:]
  private var laneOfItem: [BatchItemID: Lane] = [:]
  private var deadlines = DeadlineHeap()
  private var lastNumber: UInt64 = 0
  /// All that waits.
  package private(set) var pending = PendingWork.zero

  package init() {}

  /// What waits in each lane that is not empty.
  package var pendingByLane: [Lane: PendingWork] { lanes.mapValues(\.pending) }

  /// Lets an item wait.
  ///
  /// - Parameters:
  ///   - payload: The work.
  ///   - pointCount: Its cost in points, not negative.
  ///   - lane: Items batch with those of the same lane only.
  ///   - deadline: From then on the item is expired instead of computed.
  ///   - now: The present.
  /// - Returns: What `cancel` takes.
  package mutating func append(
    _ payload: Payload, pointCount: Int, lane: Lane, deadline: ContinuousClock.Instant? = nil,
    at now: ContinuousClock.Instant
  ) -> BatchItemID {
    precondition(pointCount >= 0, "a number of points is not negative")
    lastNumber += 1
    let id = BatchItemID(number: lastNumber)
    let item = Item(
      id: id, lane: lane, payload: payload, pointCount: pointCount, arrival: now,
      deadline: deadline)
    lanes[lane, default: LaneQueue(limits: lane.batchLimits)].append(item)
    laneOfItem[id] = lane
    pending.requests += 1
    pending.points += pointCount
    if let deadline { deadlines.insert(DeadlineHeap.Entry(deadline: deadline, item: id)) }
    return id
  }

  /// Removes a waiting item; `nil` when it no longer waits.
  package mutating func cancel(_ id: BatchItemID) -> Item? {
    let item = remove(id)
    sweepDeadlines()
    return item
  }

  /// Removes the items whose deadline has come, the earliest first.
  package mutating func removeExpired(at now: ContinuousClock.Instant) -> [Item] {
    var expired: [Item] = []
    while let deadline = earliestDeadline(), deadline.deadline <= now {
      deadlines.removeFirst()
      if let item = remove(deadline.item) { expired.append(item) }
    }
    return expired
  }

  /// The earliest deadline of a waiting item.
  package mutating func nextDeadline() -> ContinuousClock.Instant? { earliestDeadline()?.deadline }

  /// Takes the next batch, if one is ready at `now`.
  ///
  /// - Parameters:
  ///   - now: The present; `removeExpired` has been called with it.
  ///   - idleWorkers: How many workers are free, the asking one included; they divide what is due.
  ///   - isDraining: Whether batches go without waiting for company.
  /// - Returns: A batch, or how long there will be none.
  package mutating func next(
    at now: ContinuousClock.Instant, idleWorkers: Int = 1, isDraining: Bool = false
  ) -> Next {
    var chosen: (oldest: Item, release: LaneQueue<Lane, Payload>.Release)?
    var earliest: ContinuousClock.Instant?
    for queue in lanes.values {
      guard let oldest = queue.oldest else { continue }
      switch queue.decide(at: now, isDraining: isDraining) {
      case .release(let release):
        if let chosen, chosen.oldest.id.number < oldest.id.number { continue }
        chosen = (oldest, release)
      case .wait(let instant):
        earliest = min(earliest ?? instant, instant)
      case nil:
        continue
      }
    }
    if let chosen {
      return .batch(
        take(chosen.release, from: chosen.oldest.lane, idleWorkers: idleWorkers, at: now))
    }
    return earliest.map { .wait(until: $0) } ?? .empty
  }

  private mutating func take(
    _ release: LaneQueue<Lane, Payload>.Release, from lane: Lane, idleWorkers: Int,
    at now: ContinuousClock.Instant
  ) -> Batch<Lane, Payload> {
    let items = lanes[lane]?.take(release, idleWorkers: idleWorkers) ?? []
    for item in items { forget(item) }
    sweepDeadlines()
    return Batch(
      lane: lane, items: items, pointCount: items.reduce(0) { $0 + $1.pointCount },
      reason: release.reason, releaseTime: now,
      idleWorkerCount: pending.requests > 0 ? 0 : idleWorkers - 1)
  }

  private mutating func remove(_ id: BatchItemID) -> Item? {
    guard let lane = laneOfItem[id], let item = lanes[lane]?.remove(id) else { return nil }
    forget(item)
    return item
  }

  private mutating func forget(_ item: Item) {
    laneOfItem[item.id] = nil
    pending.requests -= 1
    pending.points -= item.pointCount
    if lanes[item.lane]?.isEmpty == true { lanes[item.lane] = nil }
  }

  private mutating func earliestDeadline() -> DeadlineHeap.Entry? {
    while let first = deadlines.first {
      if laneOfItem[first.item] != nil { return first }
      deadlines.removeFirst()
    }
    return nil
  }

  private mutating func sweepDeadlines() {
    guard deadlines.count > 2 * pending.requests + Self.toleratedStaleDeadlines else { return }
    deadlines.removeAll { laneOfItem[$0.item] == nil }
  }
}
