import CSystem
import Dispatch
import Synchronization

/// One serial queue that owns a poller and every connection registered with it.
///
/// A single dispatch source watches the poller's descriptor; the poller watches the sockets. All
/// state lives in ``LoopCore``, which this actor isolates: it is reached on the queue only.
/// Other threads leave messages in a mailbox.
actor EventLoop {
  private struct Mailbox {
    var messages: [LoopMessage] = []
    /// A turn runs or is under way, and will look into the mailbox.
    var isAwake = false
    var isClosed = false
  }

  private nonisolated let executor: QueueExecutor
  private nonisolated let mailbox = Mutex(Mailbox())
  private let core: LoopCore
  private var source: (any DispatchSourceRead)?
  private var timer: (any DispatchSourceTimer)?
  private var armedTime = MonotonicTime.distantFuture

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    // The executor lives as long as the actor that holds it.
    unsafe executor.asUnownedSerialExecutor()
  }

  /// A loop that is not started.
  ///
  /// - Throws: ``HTTPServerError/system(operation:code:reason:)`` when the process has no
  ///   descriptor left for the poller.
  init(index: Int, shared: ServerShared) throws(HTTPServerError) {
    executor = QueueExecutor(label: "pointserve.http.\(index)")
    let poller = csystem_poller_create()
    guard poller >= 0 else { throw SystemCall.failure("creating a poller") }
    core = LoopCore(poller: poller, shared: shared)
  }

  /// Starts turning.
  ///
  /// Called once.
  nonisolated func start() {
    executor.queue.async { self.assumeIsolated { $0.watch() } }
  }

  private func watch() {
    core.attach(to: self)
    let poller = core.poller
    let source = DispatchSource.makeReadSource(fileDescriptor: poller, queue: executor.queue)
    source.setEventHandler { [weak self] in
      guard let self else { return }
      self.assumeIsolated { $0.turn() }
    }
    source.setCancelHandler { csystem_close(poller) }
    source.activate()
    self.source = source
    let timer = DispatchSource.makeTimerSource(queue: executor.queue)
    timer.setEventHandler { [weak self] in
      guard let self else { return }
      self.assumeIsolated { $0.timerFired() }
    }
    timer.schedule(deadline: .distantFuture)
    timer.activate()
    self.timer = timer
    turn()
  }

  /// Leaves a message; any thread may.
  ///
  /// False when the loop has stopped and drops it.
  @discardableResult
  nonisolated func post(_ message: LoopMessage) -> Bool {
    let (isTaken, wakes) = mailbox.withLock { mailbox in
      guard !mailbox.isClosed else { return (false, false) }
      mailbox.messages.append(message)
      defer { mailbox.isAwake = true }
      return (true, !mailbox.isAwake)
    }
    if wakes {
      executor.queue.async { self.assumeIsolated { $0.turn() } }
    }
    return isTaken
  }

  /// Serves events, messages and due times until there are none.
  private func turn() {
    mailbox.withLock { $0.isAwake = true }
    while true {
      let hadEvents = core.serveEvents()
      let messages = mailbox.withLock { mailbox in
        let messages = mailbox.messages
        mailbox.messages = []
        return messages
      }
      for message in messages { core.serve(message) }
      core.serveTimes()
      if hadEvents || !messages.isEmpty || core.hasResumable { continue }
      let isDone = mailbox.withLock { mailbox in
        mailbox.isAwake = !mailbox.messages.isEmpty
        return !mailbox.isAwake
      }
      if isDone { break }
    }
    if core.isFinished { finish() } else { arm() }
  }

  private func timerFired() {
    armedTime = .distantFuture
    core.nextTime = .distantFuture
    turn()
    core.findNextTime()
    arm()
  }

  private func arm() {
    guard core.nextTime < armedTime, let timer else { return }
    armedTime = core.nextTime
    let delay = max(0, (armedTime - .now).nanoseconds)
    timer.schedule(
      deadline: .now() + .nanoseconds(Int(delay)), leeway: .milliseconds(5))
  }

  private func finish() {
    guard let source else { return }
    let left = mailbox.withLock { mailbox in
      mailbox.isClosed = true
      let left = mailbox.messages
      mailbox.messages = []
      return left
    }
    for message in left { core.serve(message) }
    source.cancel()
    timer?.cancel()
    self.source = nil
    timer = nil
  }
}
