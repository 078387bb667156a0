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
  /// - Throws: as `prepare`, `SegmentationTask.inputs`, `add` and `finish`, and
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
    let task = try prepare(
      cloud, windowBudget: Self.windowsPerThread * threadCount, on: WorkSharing(pool: pool))
    let failure = FirstError()
    do {
      for _ in 0..<threadCount {
        try pool.submit { runWindows(of: task, failure: failure, progress) }
      }
    } catch {
      throw .noThread(reason: "\(error)")
    }
    pool.finish()
    if let error = failure.value { throw error }
    return try task.finish()
  }

  /// How many windows each thread may be ahead of the slowest one.
  private static let windowsPerThread = 32

  /// Runs windows until there are none left, or too many that wait for another thread's window; that
  /// thread then runs the rest.
  private func runWindows(
    of task: SegmentationTask, failure: FirstError,
    _ progress: @Sendable (SegmentationProgress) -> Void
  ) {
    let clock = ContinuousClock()
    var workspace = Workspace()
    while failure.value == nil, let window = task.nextWindow() {
      do throws(SegmentationError) {
        let inputs = try task.inputs(of: window)
        let start = clock.now
        let outputs = plan.run([inputs], in: &workspace)[0]
        try task.add(outputs, ofWindow: window.index, inference: clock.now - start)
      } catch {
        failure.record(error)
        return
      }
      progress(
        SegmentationProgress(
          coveredVoxelCount: task.coveredVoxelCount, voxelCount: task.voxelCount))
    }
  }
}

/// The first error that any of several threads met.
private final class FirstError: Sendable {
  private let error = Lock<SegmentationError?>(nil)

  var value: SegmentationError? { error.withLock { $0 } }

  func record(_ found: SegmentationError) {
    error.withLock { error in
      if error == nil { error = found }
    }
  }
}
