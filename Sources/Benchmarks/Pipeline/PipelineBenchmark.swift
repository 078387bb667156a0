import Models
package import PointClouds
package import Segmentation

/// Measures the segmentation of whole clouds, stage by stage.
package struct PipelineBenchmark: Sendable {
  private let segmenter: Segmenter
  package var threadCount = 1
  package var roundCount = 3

  package init(segmenter: Segmenter) { self.segmenter = segmenter }

  /// A cloud of the synthetic surface, of so many points.
  package static func syntheticCloud(
    pointCount: Int
  ) throws(CloudError) -> PointCloud {
    try PointCloud(
      positions: SyntheticSurface(pointCount: pointCount, order: .morton, seed: 1).positions)
  }

  /// Measures one cloud; the first run warms up and is not counted.
  ///
  /// - Parameters:
  ///   - cloud: what to segment.
  ///   - name: what the report calls it.
  ///   - progress: called after each run, with the part that is done.
  /// - Returns: the times of all rounds.
  /// - Throws: `BenchmarkError.failed` for a cloud that can't be segmented.
  package func run(
    _ cloud: PointCloud, name: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(BenchmarkError) -> PipelineTimings {
    var totals: [Double] = []
    var stages: [PipelineTimings.Stage: [Double]] = [:]
    var windowCount = 0
    var peakByteCount: Int?
    var allocationCount: Int?
    for round in 0...roundCount {
      PeakMemory.reset()
      let heldBefore = PeakMemory.currentByteCount
      let counter = AllocationCounter()
      let allocationsBefore = counter?.total ?? 0
      let start = BenchmarkClock.wall.nanoseconds
      let result: SegmentationResult
      do throws(SegmentationError) {
        result = try segmenter.segment(cloud, threadCount: threadCount)
      } catch {
        throw .failed(reason: "\(name): \(error)")
      }
      let seconds = Double(BenchmarkClock.wall.nanoseconds - start) * 1e-9
      progress(round + 1, roundCount + 1)
      if let peak = PeakMemory.byteCount, let heldBefore {
        peakByteCount = max(peakByteCount ?? 0, peak - heldBefore)
      }
      guard round > 0 else { continue }
      if let counter {
        allocationCount = Int(counter.total - allocationsBefore)
      }
      windowCount = result.windowCount
      totals.append(seconds)
      for stage in PipelineTimings.Stage.allCases {
        stages[stage, default: []].append(stage.duration(in: result.timings) / .seconds(1))
      }
    }
    return PipelineTimings(
      name: name, pointCount: cloud.count, threadCount: threadCount, windowCount: windowCount,
      total: Samples(totals), stages: stages.mapValues { Samples($0) },
      peakByteCount: peakByteCount, allocationCount: allocationCount,
      allocationsPerWindow: try allocationsPerWindow(cloud, name: name),
      allocationsPerPass: try allocationsPerPass(cloud, name: name))
  }

  /// Heap allocations of a window on one thread, from its choice to its votes, in memory that earlier
  /// windows have left behind.
  private func allocationsPerWindow(
    _ cloud: PointCloud, name: String
  ) throws(BenchmarkError) -> Double? {
    guard let counter = AllocationCounter() else { return nil }
    var runner = WindowRunner()
    var windowCount = 0
    var allocationCount: UInt64 = 0
    // The windows of the first round leave the memory that those of the second need.
    for _ in 0..<2 {
      do throws(SegmentationError) {
        let task = try segmenter.prepare(cloud)
        windowCount = 0
        var start: UInt64 = 0
        while let window = task.nextWindow() {
          try runner.run(window, of: task)
          windowCount += 1
          // A task's first window brings the memory that its others are chosen into.
          if windowCount == 1 { start = counter.total }
        }
        allocationCount = counter.total - start
      } catch {
        throw .failed(reason: "\(name): \(error)")
      }
    }
    return windowCount > 1 ? Double(allocationCount) / Double(windowCount - 1) : nil
  }

  /// Heap allocations of one more pass over the layers, with workspace and answers in place.
  private func allocationsPerPass(
    _ cloud: PointCloud, name: String
  ) throws(BenchmarkError) -> Double? {
    guard let counter = AllocationCounter() else { return nil }
    var memory = WindowMemory()
    do throws(SegmentationError) {
      let task = try segmenter.prepare(cloud)
      guard let window = task.nextWindow() else { return nil }
      try task.makeInputs(of: window, in: &memory)
    } catch {
      throw .failed(reason: "\(name): \(error)")
    }
    var workspace = Workspace()
    var answers: [[HostTensor]] = [[]]
    segmenter.plan.run(memory.requests, in: &workspace, into: &answers)
    let passCount = 10
    let before = counter.total
    for _ in 0..<passCount { segmenter.plan.run(memory.requests, in: &workspace, into: &answers) }
    return Double(counter.total - before) / Double(passCount)
  }
}
