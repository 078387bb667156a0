/// Batches submitted items and computes the batches on threads of its own.
///
/// Whatever is submitted before `finish` is computed, handed to `onExpired`, or returned by
/// `cancel`: one of them, once. Shutting down takes these steps: `drain` the admission and this,
/// wait until the admission is idle, `finish`. The threads live until `finish` is called.
package final class BatchScheduler<Lane: BatchLane, Payload: Sendable>: Sendable {
  package typealias Item = BatchItem<Lane, Payload>

  private let exchange: BatchExchange<Lane, Payload>
  private let timer: DeadlineTimer
  /// Empty once finished.
  private let workers: Monitor<[WorkerThread]>

  /// Starts the workers.
  ///
  /// - Parameters:
  ///   - workerCount: The number of computing threads, at least 1.
  ///   - name: The threads' name, followed by their number.
  ///   - spin: How long a worker that finds nothing looks again before it sleeps.
  ///   - observer: Told of releases, expirations and cancellations.
  ///   - onExpired: Receives each item whose deadline came while it waited, promptly, on the
  ///     timer's thread or a worker's; it must not block.
  ///   - makeWorkspace: Makes the workspace of one worker, on its thread.
  ///   - onIdle: Called on a worker's thread before it sleeps for want of work.
  ///   - run: Computes a batch on a worker.
  /// - Throws: ``WorkerThreadError`` when a thread cannot be started; none is left running then.
  package init<Workspace: ~Copyable>(
    workerCount: Int,
    name: String = "compute",
    spin: Duration = .microseconds(20),
    observer: (any BatchObserver<Lane>)? = nil,
    onExpired: @escaping @Sendable (Item) -> Void,
    makeWorkspace: @escaping @Sendable () -> Workspace,
    onIdle: @escaping @Sendable (inout Workspace) -> Void = { _ in },
    run: @escaping @Sendable (inout Workspace, Batch<Lane, Payload>) -> Void
  ) throws(WorkerThreadError) {
    precondition(workerCount > 0, "someone has to work")
    let exchange = BatchExchange<Lane, Payload>(
      spin: spin, observer: observer, onExpired: onExpired)
    self.exchange = exchange
    timer = try DeadlineTimer(name: "deadlines") { exchange.expire() }
    var started: [WorkerThread] = []
    do {
      for index in 0..<workerCount {
        started.append(
          try WorkerThread(name: "\(name)-\(index)") {
            var workspace = makeWorkspace()
            while let batch = exchange.nextBatch(onIdle: { onIdle(&workspace) }) {
              run(&workspace, batch)
            }
          })
      }
    } catch {
      exchange.finish()
      for worker in started { worker.join() }
      timer.stop()
      throw error
    }
    workers = Monitor(started)
  }

  /// What waits in each lane where something does.
  package var pendingByLane: [Lane: PendingWork] { exchange.pendingByLane }

  /// All that waits.
  package var pending: PendingWork { exchange.pending }

  /// Workers that wait for something to do.
  package var idleWorkerCount: Int { exchange.idleWorkerCount }

  /// Lets items wait for a batch, all at once; also while draining, for requests accepted before.
  ///
  /// - Parameters:
  ///   - work: Whole requests or parts of one, each with its cost in points, not negative.
  ///   - lane: Items batch with those of the same lane only.
  ///   - deadline: From then on an item is expired instead of computed.
  /// - Returns: What `cancel` takes, in the order of `work`.
  /// - Throws: ``WorkRefusal/finished`` after `finish`; then none of the items waits.
  @discardableResult
  package func submit(
    _ work: [(payload: Payload, pointCount: Int)], lane: Lane,
    deadline: ContinuousClock.Instant? = nil
  ) throws(WorkRefusal) -> [BatchItemID] {
    let ids = try exchange.submit(work, lane: lane, deadline: deadline)
    if let deadline { timer.schedule(deadline) }
    return ids
  }

  /// Lets one item wait for a batch.
  ///
  /// - Parameters:
  ///   - payload: The work, a whole request or a part of one.
  ///   - pointCount: Its cost in points, not negative.
  ///   - lane: Items batch with those of the same lane only.
  ///   - deadline: From then on the item is expired instead of computed.
  /// - Returns: What `cancel` takes: one identifier.
  /// - Throws: ``WorkRefusal/finished`` after `finish`.
  @discardableResult
  package func submit(
    _ payload: Payload, pointCount: Int, lane: Lane, deadline: ContinuousClock.Instant? = nil
  ) throws(WorkRefusal) -> [BatchItemID] {
    try submit([(payload, pointCount)], lane: lane, deadline: deadline)
  }

  /// Takes back the items that still wait, for instance of a client that has gone.
  ///
  /// - Parameter ids: The items; those no longer waiting are passed over.
  /// - Returns: The items taken back; they are neither computed nor expired.
  @discardableResult
  package func cancel(_ ids: [BatchItemID]) -> [Item] { exchange.cancel(ids) }

  /// From now on batches go without waiting for company.
  package func drain() { exchange.drain() }

  /// Computes everything submitted so far and ends the threads; blocks until they have ended.
  ///
  /// Called by none of the threads; further calls do nothing.
  package func finish() {
    exchange.finish()
    workers.withLock { workers in
      guard !workers.isEmpty else { return }
      for worker in workers { worker.join() }
      timer.stop()
      workers = []
    }
  }
}
