/// The parts of one work that several threads take one after the other.
final class SharedParts<Result: Sendable>: Sendable {
  private struct State: Sendable {
    /// `nil` once all parts are done, so that a late helper keeps nothing alive.
    var part: (@Sendable (Int) -> Result)?
    var results: [Result?]
    var next = 0
    var runningCount = 0
    var isAbandoned = false
  }

  private let state: Monitor<State>
  private let isWanted: @Sendable () -> Bool

  /// Parts numbered from 0 up to `count`.
  init(
    count: Int, isWanted: @escaping @Sendable () -> Bool,
    _ part: @escaping @Sendable (Int) -> Result
  ) {
    state = Monitor(State(part: part, results: Array(repeating: nil, count: count)))
    self.isWanted = isWanted
  }

  /// Takes and runs the next part; `false` when there is none.
  func runNext() -> Bool {
    let isWanted = isWanted()
    let taken: (number: Int, part: @Sendable (Int) -> Result)? = state.withLock { state in
      guard state.next < state.results.count, let part = state.part else { return nil }
      guard isWanted else {
        state.isAbandoned = true
        state.next = state.results.count
        return nil
      }
      defer { state.next += 1 }
      state.runningCount += 1
      return (state.next, part)
    }
    guard let taken else { return false }
    let result = taken.part(taken.number)
    let isLast = state.withLock { state in
      state.results[taken.number] = result
      state.runningCount -= 1
      return state.runningCount == 0
    }
    if isLast { state.signal() }
    return true
  }

  /// Blocks until the parts that were taken are done; called once, when `runNext` found none left.
  func results() throws(WorkAbandoned) -> [Result] {
    let ended: State = state.wait { state in
      guard state.runningCount == 0 else { return .wait(until: nil) }
      let ended = state
      state.part = nil
      state.results = []
      return .done(ended)
    }
    guard !ended.isAbandoned else { throw WorkAbandoned() }
    return ended.results.map { result in
      guard let result else { preconditionFailure("every part has a result") }
      return result
    }
  }
}
