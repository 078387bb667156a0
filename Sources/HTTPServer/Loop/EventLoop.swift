import Locking
import CSystem
import Dispatch

/// One serial queue that owns a poller and every connection registered with it.
///
/// A single dispatch source watches the poller's descriptor; the poller watches the sockets. All
/// state lives in ``LoopCore``, which this actor isolates: it is reached on the queue only.
/// Other threads leave messages in a mailbox.
actor EventLoop {
  private struct Mailbox {
    /// What it takes to have a message looked at.
    enum Attention {
      /// Nothing: a turn is under way and will look.
      case awake
      /// The bell: a turn waits in the poller.
      case waiting
      /// A new turn.
      case asleep
      /// No turn will come any more.
      case gone
    }

    var messages: [LoopMessage] = []
    var attention = Attention.asleep
  }

  private nonisolated let executor: QueueExecutor
  private nonisolated let mailbox = Lock(Mailbox())
  private nonisolated let bell: Int32
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
    bell = csystem_bell_create(poller, ConnectionToken.bell.rawValue)
    guard bell >= 0 else {
      let failure = SystemCall.failure("creating a poller's bell")
      csystem_close(poller)
      throw failure
    }
    core = LoopCore(poller: poller, shared: shared)
  }

  // Whoever rings the bell holds the loop, so nobody does any more.
  deinit { csystem_close(bell) }

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
    let attention = mailbox.withLock { mailbox in
      let attention = mailbox.attention
      guard attention != .gone else { return attention }
      mailbox.messages.append(message)
      mailbox.attention = .awake
      return attention
    }
    switch attention {
    case .awake: return true
    case .waiting: csystem_bell_ring(bell)
    case .asleep: executor.queue.async { self.assumeIsolated { $0.turn() } }
    case .gone: return false
    }
    return true
  }

  /// How long a turn waits in the poller before the queue's thread goes back to Dispatch.
  ///
  /// Under load this saves the way through Dispatch's manager thread, which costs more than a
  /// request.
  private static let patienceMilliseconds: Int32 = 5

  /// Serves events, messages and due times until there are none for a while.
  private func turn() {
    mailbox.withLock { if $0.attention != .gone { $0.attention = .awake } }
    var milliseconds: Int32 = 0
    while !core.isFinished {
      let hadEvents = core.waitForEvents(milliseconds: milliseconds)
      // What the events make this thread post needs no bell.
      if milliseconds > 0 { mailbox.withLock { $0.attention = .awake } }
      core.serveEvents()
      let messages = mailbox.withLock { mailbox in
        let messages = mailbox.messages
        if !messages.isEmpty { mailbox.messages = [] }
        return messages
      }
      for message in messages { core.serve(message) }
      core.serveTimes()
      let isDone = !hadEvents && messages.isEmpty && !core.hasResumable && milliseconds > 0
      milliseconds = mailbox.withLock { mailbox in
        guard mailbox.messages.isEmpty, !core.hasResumable else { return 0 }
        mailbox.attention = isDone ? .asleep : .waiting
        return Self.patienceMilliseconds
      }
      if isDone, milliseconds > 0 { break }
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
      mailbox.attention = .gone
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
