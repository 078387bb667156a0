import Locking
import Batching

/// The waiting work of one request, taken back when its client has gone.
final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var waiting: [BatchItemID] = []
  }

  private let engine: InferenceEngine
  private let state = Lock(State())

  init(engine: InferenceEngine) { self.engine = engine }

  /// Whether the client has gone; nothing more is worth doing for it.
  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Remembers work that waits, or takes it back at once if the client has gone meanwhile.
  ///
  /// - Returns: whether the work was taken back, so that its completion will not be called.
  @discardableResult
  func add(_ ids: [BatchItemID]) -> Bool {
    let isCancelled = state.withLock { state in
      if !state.isCancelled { state.waiting += ids }
      return state.isCancelled
    }
    return isCancelled && engine.cancel(ids) > 0
  }

  /// Takes back everything that waits; how many pieces of work were taken back.
  @discardableResult
  func cancel() -> Int {
    let waiting = state.withLock { state in
      state.isCancelled = true
      defer { state.waiting = [] }
      return state.waiting
    }
    return engine.cancel(waiting)
  }
}
