import Locking
import Batching
import HTTPServer
import Models
import Segmentation

/// One cloud on its way through the threads: decode and prepare, windows through the batches they
/// share with other clouds, votes, encode.
///
/// A job is a fixed number of chains. Each takes a window, builds its tensors on the pool, lets them
/// wait for a batch, adds the outputs, and goes on with the next window; the last chain to find none
/// finishes the job. So a job holds a bounded number of windows and jobs take turns.
final class SegmentationJob: Sendable {
  private struct State {
    var runningChains = 0
    var failure: HTTPFailure?
    var queue = Duration.zero
    var compute = Duration.zero
  }

  /// What goes from one window of a chain to the next.
  private struct Chain {
    var memory = WindowMemory()
    /// The window that is computed.
    var window: SegmentationWindow?
  }

  private let context: ServiceContext
  private let model: LoadedModel
  private let task: SegmentationTask
  private let deadline: ContinuousClock.Instant
  private let cancellation: Cancellation
  private let completion: @Sendable (Result<Outcome, HTTPFailure>) -> Void
  private let state = Lock(State())
  private let chains: [Lock<Chain>]

  /// What a finished job gives.
  struct Outcome: Sendable {
    let result: SegmentationResult
    /// Summed over the windows.
    let queue: Duration
    let compute: Duration
  }

  /// How many windows of one job are worked on at once.
  static func chainCount(workerCount: Int) -> Int { 2 * workerCount }

  /// Creates the job of a prepared cloud.
  ///
  /// - Parameters:
  ///   - context: the service.
  ///   - model: the model that labels the cloud.
  ///   - task: the prepared cloud.
  ///   - deadline: when work that still waits becomes worthless.
  ///   - cancellation: tells whether the client has gone.
  ///   - completion: called once on the pool, unless the client has gone.
  init(
    context: ServiceContext, model: LoadedModel, task: SegmentationTask,
    deadline: ContinuousClock.Instant, cancellation: Cancellation,
    completion: @escaping @Sendable (Result<Outcome, HTTPFailure>) -> Void
  ) {
    self.context = context
    self.model = model
    self.task = task
    self.deadline = deadline
    self.cancellation = cancellation
    self.completion = completion
    chains = (0..<Self.chainCount(workerCount: context.engine.workerCount)).map { _ in
      Lock(Chain())
    }
  }

  /// Starts the chains; called on the pool.
  func start() {
    state.withLock { $0.runningChains = chains.count }
    for chain in chains.dropFirst() { continueOnPool(chain) }
    advance(chains[0])
  }

  private func continueOnPool(_ chain: Lock<Chain>) {
    do {
      try context.engine.tasks.submit { self.advance(chain) }
    } catch {
      fail(.shutDown)
      endChain(chain)
    }
  }

  private var isWorthless: Bool {
    cancellation.isCancelled || state.withLock { $0.failure != nil }
  }

  private func advance(_ chain: Lock<Chain>) {
    guard !isWorthless, let window = task.nextWindow() else {
      endChain(chain)
      return
    }
    let tensors: [HostTensor]
    do throws(SegmentationError) {
      tensors = try chain.withLock { chain throws(SegmentationError) in
        try task.makeInputs(of: window, in: &chain.memory)
        chain.window = window
        return chain.memory.requests[0]
      }
    } catch {
      fail(HTTPFailure(error))
      endChain(chain)
      return
    }
    do {
      let ids = try context.engine.submit(
        tensors, pointCount: window.pointCount, to: model, deadline: deadline
      ) { [self] outcome in
        switch outcome {
        case .expired:
          fail(.deadlinePassed)
          endChain(chain)
        case .computed(let outputs, let times):
          state.withLock { state in
            state.queue += times.queue
            state.compute += times.compute
          }
          do throws(SegmentationError) {
            try chain.withLock { chain throws(SegmentationError) in
              guard let window = chain.window.take() else {
                preconditionFailure("a chain has one window at a time")
              }
              try task.add(outputs, of: window, inference: times.compute)
            }
          } catch {
            fail(HTTPFailure(error))
            endChain(chain)
            return
          }
          continueOnPool(chain)
        }
      }
      if cancellation.add(ids) { endChain(chain) }
    } catch {
      fail(.shutDown)
      endChain(chain)
    }
  }

  private func fail(_ failure: HTTPFailure) {
    state.withLock { state in
      if state.failure == nil { state.failure = failure }
    }
  }

  private func endChain(_ chain: Lock<Chain>) {
    // What windows took is of no use to votes and encoding.
    chain.withLock { $0 = Chain() }
    let isLast = state.withLock { state in
      state.runningChains -= 1
      return state.runningChains == 0
    }
    guard isLast else { return }
    if let failure = state.withLock({ $0.failure }) {
      completion(.failure(failure))
    } else if !cancellation.isCancelled {
      do {
        try context.engine.tasks.submit { [self] in
          let (queue, compute) = state.withLock { ($0.queue, $0.compute) }
          do throws(SegmentationError) {
            let result = try task.finish()
            completion(.success(Outcome(result: result, queue: queue, compute: compute)))
          } catch {
            // Labels are also abandoned when the client goes, which is nobody's failure.
            if !cancellation.isCancelled { completion(.failure(HTTPFailure(error))) }
          }
        }
      } catch {
        completion(.failure(.shutDown))
      }
    }
  }
}
