import Locking
import Models

/// Waits for the answers to all pieces of one request.
final class PieceCollector: Sendable {
  private struct State {
    var answers: [[HostTensor]?]
    var missingCount: Int
    var queue = Duration.zero
    var compute = Duration.zero
    /// `nil` once it was called.
    var completion: (@Sendable (InferenceEngine.Outcome) -> Void)?
  }

  private let plan: ExecutablePlan
  private let state: Lock<State>

  /// Calls `completion` once: with the whole answer, or as soon as one piece has expired.
  init(
    plan: ExecutablePlan, pieceCount: Int,
    completion: @escaping @Sendable (InferenceEngine.Outcome) -> Void
  ) {
    self.plan = plan
    state = Lock(
      State(
        answers: Array(repeating: nil, count: pieceCount), missingCount: pieceCount,
        completion: completion))
  }

  /// Adds what became of a piece, once for each.
  func add(_ outcome: InferenceEngine.Outcome, ofPiece piece: Int) {
    let ended = state.withLock { state -> State? in
      guard state.completion != nil else { return nil }
      switch outcome {
      case .expired: break
      case .computed(let tensors, let times):
        state.answers[piece] = tensors
        state.missingCount -= 1
        state.queue = max(state.queue, times.queue)
        state.compute = max(state.compute, times.compute)
        guard state.missingCount == 0 else { return nil }
      }
      defer {
        state.completion = nil
        state.answers = []
      }
      return state
    }
    guard let ended, let completion = ended.completion else { return }
    if ended.missingCount > 0 {
      completion(.expired)
    } else {
      completion(
        .computed(
          plan.joined(ended.answers.compactMap(\.self)),
          ComputeTimes(queue: ended.queue, compute: ended.compute)))
    }
  }
}
