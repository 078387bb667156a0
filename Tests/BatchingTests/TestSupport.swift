import Synchronization

@testable import Batching

/// A lane of its own limits.
struct TestLane: BatchLane {
  let name: String
  let batchLimits: BatchLimits

  init(_ name: String = "a", _ limits: BatchLimits = BatchLimits()) {
    self.name = name
    batchLimits = limits
  }

  static func == (left: TestLane, right: TestLane) -> Bool { left.name == right.name }

  func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A door that threads wait at until it is opened.
final class Gate: Sendable {
  private let isOpen = Monitor(false)

  func open() {
    isOpen.withLock { $0 = true }
    isOpen.broadcast()
  }

  func pass() {
    isOpen.wait { $0 ? .done(()) : .wait(until: nil) }
  }
}

/// Collects values from several threads and lets a test wait for a number of them.
final class Collector<Value: Sendable>: Sendable {
  private let collected = Monitor<[Value]>([])

  func add(_ value: Value) {
    collected.withLock { $0.append(value) }
    collected.broadcast()
  }

  var values: [Value] { collected.withLock { $0 } }

  /// The values once there are at least `count`.
  func waitFor(_ count: Int) -> [Value] {
    collected.wait { $0.count >= count ? .done($0) : .wait(until: nil) }
  }
}

/// Runs `body` on `count` threads at once, which all start together, and waits for them.
func concurrently(
  _ count: Int, _ body: @escaping @Sendable (Int) -> Void
) throws {
  let arrived = Monitor(0)
  let threads = try (0..<count).map { index in
    try WorkerThread(name: "test-\(index)") {
      arrived.withLock { $0 += 1 }
      arrived.broadcast()
      arrived.wait { $0 == count ? .done(()) : .wait(until: nil) }
      body(index)
    }
  }
  for thread in threads { thread.join() }
}
