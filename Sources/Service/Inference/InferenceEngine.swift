package import Batching
package import Models

/// The threads that do the work: a pool that decodes, prepares and encodes, and workers that run
/// batches of tensors through models.
package final class InferenceEngine: Sendable {
  /// One request's tensors, or one window of a cloud, on their way through a model.
  package struct Work: Sendable {
    /// In the order of the plan's inputs, validated.
    package let tensors: [HostTensor]
    /// Called once, on a worker or, for an expired deadline, on the timer's thread.
    package let completion: @Sendable (Outcome) -> Void
  }

  /// What became of the work.
  package enum Outcome: Sendable {
    /// In the order of the plan's outputs.
    case computed([HostTensor], ComputeTimes)
    /// The deadline came while it waited; nothing was computed.
    case expired
  }

  package let admission: Admission
  /// Decoding, preparing, encoding.
  package let tasks: TaskPool
  package let workerCount: Int
  private let scheduler: BatchScheduler<ModelLane, Work>

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - workerCount: Compute threads, and as many for decoding and preparing.
  ///   - limits: What may wait at once.
  ///   - observer: Told what happens to waiting work.
  ///   - onBatch: Told of each computed batch, on the worker.
  /// - Throws: `WorkerThreadError` when a thread can't be started.
  package init(
    workerCount: Int, limits: AdmissionLimits, observer: any BatchObserver<ModelLane>,
    onBatch: @escaping @Sendable (BatchReport) -> Void
  ) throws(WorkerThreadError) {
    self.workerCount = workerCount
    admission = Admission(limits: limits)
    tasks = try TaskPool(threadCount: workerCount, name: "prepare")
    let tasks = tasks
    scheduler = try BatchScheduler(
      workerCount: workerCount, observer: observer,
      onExpired: { $0.payload.completion(.expired) },
      makeWorkspace: { Workspace() },
      onIdle: { $0.trim() },
      run: { workspace, batch in
        let start = ContinuousClock.now
        let outputs = batch.lane.model.plan.run(
          batch.items.map(\.payload.tensors), in: &workspace,
          helpers: Self.helpers(on: tasks, idleWorkerCount: batch.idleWorkerCount))
        let duration = start.duration(to: .now)
        onBatch(
          BatchReport(
            model: batch.lane.model, requestCount: batch.items.count,
            pointCount: batch.pointCount, duration: duration))
        for (item, tensors) in zip(batch.items, outputs) {
          item.payload.completion(
            .computed(
              tensors, ComputeTimes(queue: batch.queueTime(of: item), compute: duration)))
        }
      })
  }

  /// One thread of the pool for each worker that had nothing to do when a batch began.
  private static func helpers(on tasks: TaskPool, idleWorkerCount: Int) -> PassHelpers? {
    guard idleWorkerCount > 0 else { return nil }
    return PassHelpers(count: idleWorkerCount) { runNext in
      WorkSharing(pool: tasks).invite(idleWorkerCount, runNext)
    }
  }

  /// Lets validated tensors wait for a batch.
  ///
  /// - Parameters:
  ///   - tensors: In the order of the plan's inputs, validated by it.
  ///   - pointCount: Their cost in points.
  ///   - model: The model that computes them.
  ///   - deadline: From then on they are expired instead of computed.
  ///   - completion: Called once, unless the work is cancelled first; must not block.
  /// - Returns: What `cancel` takes.
  /// - Throws: `WorkRefusal` after `finish`.
  package func submit(
    _ tensors: [HostTensor], pointCount: Int, to model: LoadedModel,
    deadline: ContinuousClock.Instant, completion: @escaping @Sendable (Outcome) -> Void
  ) throws(WorkRefusal) -> [BatchItemID] {
    try scheduler.submit(
      Work(tensors: tensors, completion: completion), pointCount: pointCount,
      lane: ModelLane(model), deadline: deadline)
  }

  /// Takes back work that still waits; how many items were taken back.
  package func cancel(_ ids: [BatchItemID]) -> Int { scheduler.cancel(ids).count }

  /// What waits for a worker, by model.
  package var pendingByModel: [ModelLane: PendingWork] { scheduler.pendingByLane }

  /// Refuses new requests and goes on with the admitted ones.
  package func drain() {
    admission.drain()
    scheduler.drain()
  }

  /// Blocks until every admitted request is answered; `false` when `deadline` comes first.
  package func waitUntilIdle(until deadline: ContinuousClock.Instant) -> Bool {
    admission.waitUntilIdle(until: deadline)
  }

  /// Ends the threads when their work is done.
  package func finish() {
    tasks.finish()
    scheduler.finish()
  }
}

/// How long one piece of work waited and was computed.
package struct ComputeTimes: Hashable, Sendable {
  package let queue: Duration
  /// The duration of the batch that it travelled in.
  package let compute: Duration
}

/// One computed batch.
package struct BatchReport: Sendable {
  package let model: LoadedModel
  package let requestCount: Int
  package let pointCount: Int
  package let duration: Duration
}
