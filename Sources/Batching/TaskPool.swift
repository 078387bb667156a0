/// A fixed number of threads that run tasks in the order of their submission.
///
/// For decoding, preparing and encoding, so that these occupy neither an event loop nor a shared
/// pool. The queue has no bound of its own: admission is upstream. The threads live until `finish`
/// is called.
package final class TaskPool: Sendable {
  package typealias Task = @Sendable () -> Void

  /// Names a waiting task, for cancelling it.
  package struct TaskID: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  private struct State: Sendable {
    var tasks = OrderedQueue<Task>()
    var lastNumber: UInt64 = 0
    var isFinished = false
  }

  private let state: Monitor<State>
  /// Empty once finished.
  private let threads: Monitor<[WorkerThread]>
  package let threadCount: Int

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - threadCount: How many, at least 1.
  ///   - name: The threads' name, followed by their number.
  /// - Throws: ``WorkerThreadError`` when a thread cannot be started; none is left running then.
  package init(threadCount: Int, name: String) throws(WorkerThreadError) {
    precondition(threadCount > 0, "someone has to work")
    let state = Monitor(State())
    self.state = state
    self.threadCount = threadCount
    var started: [WorkerThread] = []
    do {
      for index in 0..<threadCount {
        started.append(
          try WorkerThread(name: "\(name)-\(index)") {
            while let task = Self.next(state) { task() }
          })
      }
    } catch {
      Self.finish(state, started)
      throw error
    }
    threads = Monitor(started)
  }

  /// The number of tasks not yet begun.
  package var pendingCount: Int { state.withLock { $0.tasks.count } }

  /// Lets a task be run.
  ///
  /// - Throws: ``WorkRefusal/finished`` after `finish`.
  @discardableResult
  package func submit(_ task: @escaping Task) throws(WorkRefusal) -> TaskID {
    let number = try state.withLock { (state) throws(WorkRefusal) in
      guard !state.isFinished else { throw .finished }
      state.lastNumber += 1
      state.tasks.append(task, number: state.lastNumber)
      return state.lastNumber
    }
    state.signal()
    return TaskID(number: number)
  }

  /// Takes back a task that still waits; `false` when it has begun or ended.
  @discardableResult
  package func cancel(_ id: TaskID) -> Bool {
    state.withLock { $0.tasks.remove(number: id.number) } != nil
  }

  /// Runs everything submitted so far and ends the threads; blocks until they have ended.
  ///
  /// Called by none of the threads; further calls do nothing.
  package func finish() {
    threads.withLock { threads in
      Self.finish(state, threads)
      threads = []
    }
  }

  private static func finish(_ state: Monitor<State>, _ threads: [WorkerThread]) {
    state.withLock { $0.isFinished = true }
    state.broadcast()
    for thread in threads { thread.join() }
  }

  /// Blocks until there is a task; `nil` once finished and empty.
  private static func next(_ state: Monitor<State>) -> Task? {
    state.wait { state in
      if let task = state.tasks.popFirst() { return .done(task) }
      return state.isFinished ? .done(nil) : .wait(until: nil)
    }
  }
}
