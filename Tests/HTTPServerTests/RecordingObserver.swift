import Locking
import Dispatch

@testable import HTTPServer

/// Remembers what a server tells, and lets a test wait for it.
final class RecordingObserver: HTTPServerObserver {
  private struct State {
    var records: [HTTPRequestRecord] = []
    var refusals: [String] = []
    var opened = 0
    var closed = 0
  }

  private let state = Lock(State())
  private let changed = DispatchSemaphore(value: 0)

  var records: [HTTPRequestRecord] { state.withLock { $0.records } }
  var refusals: [String] { state.withLock { $0.refusals } }
  var closedCount: Int { state.withLock { $0.closed } }

  func connectionOpened(_ remoteAddress: SocketAddress) { update { $0.opened += 1 } }
  func connectionClosed(_ remoteAddress: SocketAddress) { update { $0.closed += 1 } }
  func refused(_ failure: HTTPFailure, _ remoteAddress: SocketAddress) {
    update { $0.refusals.append(failure.code) }
  }
  func requestFinished(_ record: HTTPRequestRecord) { update { $0.records.append(record) } }

  private func update(_ change: (inout State) -> Void) {
    state.withLock { change(&$0) }
    changed.signal()
  }

  /// Waits until so many requests have finished; false after ten seconds.
  func waitForRecords(_ count: Int) -> Bool { wait { $0.records.count >= count } }

  /// Waits until so many connections have been closed; false after ten seconds.
  func waitForClosed(_ count: Int) -> Bool { wait { $0.closed >= count } }

  private func wait(_ condition: (State) -> Bool) -> Bool {
    while !state.withLock({ condition($0) }) {
      guard changed.wait(timeout: .now() + .seconds(10)) == .success else { return false }
    }
    return true
  }
}
