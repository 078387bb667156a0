import Locking
import Models
import Synchronization

/// Whether the service wants requests, and if not, why.
final class Readiness: Sendable {
  private let repository: ModelRepository
  /// What the last reading could not read; `nil` before the first.
  private let unreadable = Lock<[String]?>(nil)
  private let isDraining = Atomic(false)

  init(repository: ModelRepository) { self.repository = repository }

  /// The repository was read for the first time, or again.
  ///
  /// - Parameter events: what came of it.
  func didRead(_ events: [ModelEvent]) {
    var reasons: [String] = []
    for case .unreadable(let reason) in events { reasons.append(reason) }
    unreadable.withLock { $0 = reasons }
  }

  /// From now on the service is not ready, until the process ends.
  func beginDrain() { isDraining.store(true, ordering: .releasing) }

  /// One sentence for each thing that is missing; empty when ready.
  ///
  /// Neither a version that was refused while another version of its model is served counts, nor a
  /// model that was unloaded on request: the repository index tells about them.
  var reasons: [String] {
    if isDraining.load(ordering: .acquiring) { return ["the service is shutting down"] }
    guard let unreadable = unreadable.withLock({ $0 }) else {
      return ["the models are being loaded"]
    }
    let index = repository.index
    let served = Set(index.filter { $0.state == .ready }.map(\.name))
    if index.isEmpty {
      return unreadable.isEmpty ? ["the model repository holds no model"] : unreadable
    }
    return index.filter {
      $0.state != .ready && !$0.isUnloaded && !served.contains($0.name)
    }.map { status in
      "model \(status.name) version \(status.version) is \(status.state.rawValue)"
        + (status.reason.isEmpty ? "" : ": \(status.reason)")
    }
  }
}
