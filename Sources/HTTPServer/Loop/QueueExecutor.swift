package import Dispatch

/// Runs an actor's jobs on one serial Dispatch queue.
///
/// Dispatch on Linux has no `DispatchSerialQueue`, so the conformance is written out here.
package final class QueueExecutor: SerialExecutor {
  package let queue: DispatchQueue

  package init(label: String) { queue = DispatchQueue(label: label) }

  package func enqueue(_ job: consuming ExecutorJob) {
    // The job is run exactly once, by the block that takes it.
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  package func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }
}
