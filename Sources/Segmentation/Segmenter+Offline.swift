import Locking
import Batching
import Models
package import PointClouds

/// How far the segmentation of one cloud has come.
package struct SegmentationProgress: Sendable, Hashable {
  /// Voxels that at least one window has covered; all of them some time before the end.
  package let coveredVoxelCount: Int
  package let voxelCount: Int
}

extension Segmenter {
  /// Segments a cloud on threads of its own, which end with it.
  ///
  /// The labels do not depend on the number of threads, bit for bit.
  ///
  /// - Parameters:
  ///   - cloud: any number of points from one on.
  ///   - threadCount: at least 1.
  ///   - progress: called after each window, by any of the threads.
  /// - Returns: a label for every point.
  /// - Throws: as `prepare`, `SegmentationTask.makeInputs`, `add` and `finish`, and
  ///   `SegmentationError.noThread`.
  package func segment(
    _ cloud: PointCloud, threadCount: Int,
    progress: @escaping @Sendable (SegmentationProgress) -> Void = { _ in }
  ) throws(SegmentationError) -> SegmentationResult {
    let pool: TaskPool
    do {
      pool = try TaskPool(threadCount: threadCount, name: "segment")
    } catch {
      throw .noThread(reason: "\(error)")
    }
    defer { pool.finish() }
    let threads = WorkSharing(pool: pool)
    let task = try prepare(
      cloud, windowBudget: Self.windowsPerThread * threadCount, on: threads)
    let runners = WindowRunners(threads: threads)
    _ = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.map(threadCount) { _ in runWindows(of: task, among: runners, progress) }
    }
    if let error = runners.failure { throw error }
    return try task.finish()
  }

  /// How many windows each thread may be ahead of the slowest one.
  private static let windowsPerThread = 32

  /// Runs windows until there are none left, or too many that wait for another thread's window; that
  /// thread then runs the rest, with the help of this one.
  private func runWindows(
    of task: SegmentationTask, among runners: WindowRunners,
    _ progress: @Sendable (SegmentationProgress) -> Void
  ) {
    defer { runners.leave() }
    var runner = WindowRunner()
    while runners.failure == nil, let window = task.nextWindow() {
      do throws(SegmentationError) {
        try runner.run(window, of: task, helpers: runners.helpers())
      } catch {
        runners.fail(error)
        return
      }
      progress(
        SegmentationProgress(
          coveredVoxelCount: task.coveredVoxelCount, voxelCount: task.voxelCount))
    }
  }
}

/// The threads that run the windows of one cloud.
private final class WindowRunners: Sendable {
  private struct State {
    /// How many threads have no windows to run any more.
    var idleCount = 0
    /// The first error that any of them met.
    var failure: SegmentationError?
  }

  private let threads: WorkSharing
  private let state = Lock(State())

  init(threads: WorkSharing) { self.threads = threads }

  var failure: SegmentationError? { state.withLock { $0.failure } }

  func fail(_ error: SegmentationError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
  }

  /// Says that a thread has no windows to run any more.
  func leave() { state.withLock { $0.idleCount += 1 } }

  /// The threads that may help with windows of others; `nil` where all have windows of their own.
  func helpers() -> PassHelpers? {
    let idleCount = state.withLock { $0.idleCount }
    guard idleCount > 0 else { return nil }
    return PassHelpers(count: idleCount) { [threads] runNext in
      threads.invite(idleCount, runNext)
    }
  }
}
