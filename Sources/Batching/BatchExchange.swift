import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where submitted items meet the workers that ask for batches: the queue behind a lock.
final class BatchExchange<Lane: BatchLane, Payload: Sendable>: Sendable {
  typealias Item = BatchItem<Lane, Payload>

  private struct State: Sendable {
    var queue = BatchQueue<Lane, Payload>()
    /// Workers inside `nextBatch`.
    var idleWorkerCount = 0
    var isDraining = false
    var isFinished = false
  }

  /// What a worker found.
  private enum Finding {
    case batch(Batch<Lane, Payload>, isMoreWaiting: Bool)
    case expired([Item])
    case nothing
    case finished
  }

  private let state = Monitor(State())
  /// Counts whatever may give a worker something to do; watched by spinning workers.
  private let changes = Atomic<UInt64>(0)
  private let spin: Duration
  private let observer: (any BatchObserver<Lane>)?
  private let onExpired: @Sendable (Item) -> Void

  /// Makes an empty exchange.
  ///
  /// - Parameters:
  ///   - spin: How long a worker that finds nothing looks again before it sleeps.
  ///   - observer: Told of releases, expirations and cancellations.
  ///   - onExpired: Receives each item whose deadline came while it waited.
  init(
    spin: Duration, observer: (any BatchObserver<Lane>)?,
    onExpired: @escaping @Sendable (Item) -> Void
  ) {
    self.spin = spin
    self.observer = observer
    self.onExpired = onExpired
  }

  var pendingByLane: [Lane: PendingWork] { state.withLock { $0.queue.pendingByLane } }

  var pending: PendingWork { state.withLock { $0.queue.pending } }

  var idleWorkerCount: Int { state.withLock { $0.idleWorkerCount } }

  func submit(
    _ work: [(payload: Payload, pointCount: Int)], lane: Lane, deadline: ContinuousClock.Instant?
  ) throws(WorkRefusal) -> [BatchItemID] {
    let ids = try state.withLock { (state) throws(WorkRefusal) in
      guard !state.isFinished else { throw .finished }
      let now = ContinuousClock.now
      return work.map { payload, pointCount in
        state.queue.append(
          payload, pointCount: pointCount, lane: lane, deadline: deadline, at: now)
      }
    }
    changes.add(1, ordering: .releasing)
    // One suffices: a worker that leaves something behind wakes the next.
    state.signal()
    return ids
  }

  func cancel(_ ids: [BatchItemID]) -> [Item] {
    let cancelled = state.withLock { state in ids.compactMap { state.queue.cancel($0) } }
    if let observer {
      let now = ContinuousClock.now
      for item in cancelled {
        observer.itemCancelled(
          lane: item.lane, pointCount: item.pointCount, queueTime: item.arrival.duration(to: now))
      }
    }
    return cancelled
  }

  /// Hands back what has expired; returns the next deadline.
  func expire() -> ContinuousClock.Instant? {
    let (expired, next) = state.withLock { state in
      (state.queue.removeExpired(at: .now), state.queue.nextDeadline())
    }
    handBack(expired)
    return next
  }

  /// Blocks until there is a batch to compute; `nil` once finished.
  ///
  /// `onIdle` is called before the first sleep.
  func nextBatch(onIdle: () -> Void) -> Batch<Lane, Payload>? {
    var isSleepy = false
    state.withLock { $0.idleWorkerCount += 1 }
    while true {
      let seenChanges = changes.load(ordering: .acquiring)
      let finding = state.wait { Self.look(&$0, isSleepy: isSleepy) }
      switch finding {
      case .batch(let batch, let isMoreWaiting):
        if isMoreWaiting { state.signal() }
        observe(batch)
        return batch
      case .expired(let items):
        handBack(items)
      case .nothing:
        spin(while: seenChanges)
        onIdle()
        isSleepy = true
      case .finished:
        return nil
      }
    }
  }

  /// From now on batches go without waiting for company.
  func drain() { wakeAll { $0.isDraining = true } }

  /// From now on nothing is taken; workers end when nothing waits.
  func finish() {
    wakeAll { state in
      state.isDraining = true
      state.isFinished = true
    }
  }

  private static func look(
    _ state: inout State, isSleepy: Bool
  ) -> Monitor<State>.Decision<Finding> {
    let now = ContinuousClock.now
    let expired = state.queue.removeExpired(at: now)
    guard expired.isEmpty else { return .done(.expired(expired)) }
    switch state.queue.next(
      at: now, idleWorkers: state.idleWorkerCount, isDraining: state.isDraining)
    {
    case .batch(let batch):
      state.idleWorkerCount -= 1
      return .done(.batch(batch, isMoreWaiting: state.queue.pending.requests > 0))
    case .wait(let instant):
      return .wait(until: instant)
    case .empty where state.isFinished:
      state.idleWorkerCount -= 1
      return .done(.finished)
    case .empty:
      return isSleepy ? .wait(until: nil) : .done(.nothing)
    }
  }

  private func wakeAll(_ change: (inout State) -> Void) {
    state.withLock(change)
    changes.add(1, ordering: .releasing)
    state.broadcast()
  }

  /// Looks for a change, letting other threads run in between: on busy cores spinning costs them
  /// nothing but the calls.
  private func spin(while seenChanges: UInt64) {
    let end = ContinuousClock.now + spin
    while changes.load(ordering: .acquiring) == seenChanges, .now < end { sched_yield() }
  }

  private func handBack(_ expired: [Item]) {
    for item in expired {
      observer?.itemExpired(
        lane: item.lane, pointCount: item.pointCount,
        queueTime: item.arrival.duration(to: .now))
      onExpired(item)
    }
  }

  private func observe(_ batch: Batch<Lane, Payload>) {
    guard let observer else { return }
    observer.batchReleased(
      lane: batch.lane, reason: batch.reason, pointCount: batch.pointCount,
      queueTimes: batch.items.map(batch.queueTime(of:)))
  }
}
