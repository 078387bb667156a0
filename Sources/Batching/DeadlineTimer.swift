/// A thread that calls a function when an instant has come.
final class DeadlineTimer: Sendable {
  private struct State: Sendable {
    var next: ContinuousClock.Instant?
    var isStopped = false
  }

  private let state: Monitor<State>
  private let thread: WorkerThread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: The thread's name.
  ///   - fire: Called on that thread when a scheduled instant has come; returns the next, if any.
  /// - Throws: ``WorkerThreadError`` when the thread cannot be started.
  init(
    name: String, fire: @escaping @Sendable () -> ContinuousClock.Instant?
  ) throws(WorkerThreadError) {
    let state = Monitor(State())
    self.state = state
    thread = try WorkerThread(name: name) {
      while Self.waitUntilDue(state) {
        if let next = fire() { Self.schedule(next, in: state) }
      }
    }
  }

  /// Lets the function be called at `instant`, or before if it was scheduled so already.
  func schedule(_ instant: ContinuousClock.Instant) {
    if Self.schedule(instant, in: state) { state.signal() }
  }

  /// Ends the thread; blocks until it has ended.
  func stop() {
    state.withLock { $0.isStopped = true }
    state.broadcast()
    thread.join()
  }

  /// Whether `instant` is now the next.
  @discardableResult
  private static func schedule(
    _ instant: ContinuousClock.Instant, in state: Monitor<State>
  ) -> Bool {
    state.withLock { state in
      if let next = state.next, next <= instant { return false }
      state.next = instant
      return true
    }
  }

  /// `false` once stopped.
  private static func waitUntilDue(_ state: Monitor<State>) -> Bool {
    state.wait { state in
      if state.isStopped { return .done(false) }
      guard let next = state.next else { return .wait(until: nil) }
      guard next <= .now else { return .wait(until: next) }
      state.next = nil
      return .done(true)
    }
  }
}
