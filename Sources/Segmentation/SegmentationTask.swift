import Batching
import Locking
package import Models
import PointClouds

/// One window of a cloud, to be run through the network.
package struct SegmentationWindow: Sendable {
  /// Counts from 0, in the order in which windows are chosen.
  package fileprivate(set) var index = 0
  fileprivate(set) var selection = WindowSelection()
  /// `[voxels, scores]`, once the network has given them.
  fileprivate var scores: [Float] = []

  /// Rows of the finest level.
  package var pointCount: Int { selection.voxels.count }
}

/// The segmentation of one cloud, from its first window to its labels.
///
/// Any number of threads may take windows, build their inputs and add their outputs, in any order;
/// the labels do not depend on it. Take windows until there is `nil`, again after each `add`, and
/// `finish` once `isComplete`. A task that nobody finishes needs no cleaning up.
package final class SegmentationTask: Sendable {
  private struct Choosing {
    /// `nil` once there are no more windows.
    var selector: (any WindowSelector)?
    var duration = Duration.zero
    var takenCount = 0
  }

  private struct Joining {
    var accumulator: VoteAccumulator
    var timings: SegmentationTimings
    /// Windows whose scores have arrived and that wait for an earlier one, by their indices.
    var waiting: [Int: SegmentationWindow] = [:]
    var joinedCount = 0
    /// Windows that have joined, whose memory others use.
    var spare: [SegmentationWindow] = []
    /// Told of each window as it joins, with its index and the votes so far.
    var listener: (@Sendable (WindowSelection, Int, VoteAccumulator) -> Void)?
  }

  let plan: ExecutablePlan
  private let scene: any CloudScene
  private let preparation: any CloudPreparation
  private let codes: [UInt8]?
  private let windowBudget: Int
  private let threads: WorkSharing
  /// Taken before `joining` where both are.
  private let choosing: Lock<Choosing>
  private let joining: Lock<Joining>

  /// Prepares a cloud; see `Segmenter.prepare`.
  init(
    _ cloud: PointCloud, plan: ExecutablePlan, preparation: any CloudPreparation,
    windowBudget: Int, on threads: WorkSharing
  ) throws(SegmentationError) {
    precondition(windowBudget > 0)
    var timings = SegmentationTimings()
    let scene = try preparation.scene(of: cloud, on: threads, timings: &timings)
    self.plan = plan
    self.scene = scene
    self.preparation = preparation
    self.windowBudget = windowBudget
    self.threads = threads
    codes = cloud.attributes.classification
    let selector = try timings.measure(\.windows) { () throws(SegmentationError) in
      try scene.windowSelector(on: threads)
    }
    choosing = Lock(Choosing(selector: selector))
    joining = Lock(
      Joining(
        accumulator: VoteAccumulator(
          voxelCount: scene.count, scoreCount: preparation.scoreWidth,
          reduction: preparation.reduction),
        timings: timings))
  }

  /// How many voxels, or pixels, the cloud has.
  package var voxelCount: Int { scene.count }

  /// How many voxels have a vote so far, from 0 to `voxelCount`.
  package var coveredVoxelCount: Int { joining.withLock { $0.accumulator.coveredCount } }

  /// Whether every window was taken and its outputs added.
  package var isComplete: Bool {
    choosing.withLock { choosing in
      choosing.selector == nil
        && joining.withLock { $0.joinedCount } == choosing.takenCount
    }
  }

  /// Takes the next window.
  ///
  /// - Returns: `nil` when all windows were taken, or as many as the window budget allows and none
  ///   of them can be joined yet.
  package func nextWindow() -> SegmentationWindow? {
    choosing.withLock { choosing in
      let joinedCount = joining.withLock { $0.joinedCount }
      guard choosing.takenCount - joinedCount < windowBudget, choosing.selector != nil
      else { return nil }
      var window = joining.withLock { $0.spare.popLast() } ?? SegmentationWindow()
      let clock = ContinuousClock()
      let start = clock.now
      let isThere = choosing.selector?.next(&window.selection) ?? false
      choosing.duration += clock.now - start
      guard isThere else {
        choosing.selector = nil
        return nil
      }
      window.index = choosing.takenCount
      choosing.takenCount += 1
      return window
    }
  }

  /// Builds the tensors of a window, in the order of the graph's inputs.
  ///
  /// This is where levels and neighbors are computed; several windows may be built at once.
  ///
  /// - Parameters:
  ///   - window: a window of this task.
  ///   - memory: where they are built: `requests` is a batch that the graph's plan has validated.
  /// - Throws: `SegmentationError.network`, for instance when features overflow FP32 or a window
  ///   takes too much memory.
  package func makeInputs(
    of window: SegmentationWindow, in memory: inout WindowMemory
  ) throws(SegmentationError) {
    var timings = SegmentationTimings()
    timings.measure(\.neighbors) { scene.makeInputs(of: window.selection, in: &memory) }
    joining.withLock { $0.timings.neighbors += timings.neighbors }
    do throws(RequestError) {
      try plan.validate(memory.requests[0], using: &memory.layout)
    } catch {
      throw .network(error)
    }
  }

  /// Adds the graph's outputs for a window that was taken, once.
  ///
  /// - Parameters:
  ///   - outputs: in the order of the graph's outputs.
  ///   - window: the window; its memory is another's from here on.
  ///   - inference: how long the network took, if the caller wants that in the timings.
  /// - Throws: `SegmentationError.nonFiniteScores`; the cloud can't be labeled then.
  package func add(
    _ outputs: [HostTensor], of window: consuming SegmentationWindow, inference: Duration = .zero
  ) throws(SegmentationError) {
    window.scores.removeAll(keepingCapacity: true)
    preparation.appendScores(in: outputs, of: window.selection, to: &window.scores)
    guard window.scores.allSatisfy(\.isFinite) else { throw .nonFiniteScores }
    let (index, arrived) = (window.index, window)
    joining.withLock { joining in
      precondition(
        index >= joining.joinedCount && joining.waiting[index] == nil,
        "the outputs of window \(index) were added before")
      joining.waiting[index] = arrived
      joining.timings.inference += inference
      joining.timings.measure(\.votes) {
        while let next = joining.waiting.removeValue(forKey: joining.joinedCount) {
          joining.accumulator.add(next.scores, of: next.selection)
          joining.listener?(next.selection, joining.joinedCount, joining.accumulator)
          joining.joinedCount += 1
          joining.spare.append(next)
        }
      }
    }
  }

  /// Asks to be told of each window that joins those before it, in the order of their indices.
  ///
  /// What is told depends on the cloud alone, as the labels do.
  /// - Parameter report: called under the task's lock, by whatever thread adds outputs; it must
  ///   return at once.
  package func onJoin(_ report: @escaping @Sendable (JoinedWindow) -> Void) {
    let points = PointsOfCells(cellOfPoint: scene.cellOfPoint, cellCount: scene.count)
    let (voxelCount, classCount) = (scene.count, preparation.classes.count)
    joining.withLock { joining in
      joining.listener = { selection, index, votes in
        let scores = VoxelScores(votes: votes, classCount: classCount)
        let labels = selection.voxels.map { voxel in (voxel, scores.label(of: Int(voxel))) }
        report(
          JoinedWindow(
            index: index, coveredVoxelCount: votes.coveredCount, voxelCount: voxelCount,
            points: labels.flatMap { voxel, _ in points[Int(voxel)] },
            labels: labels.flatMap { voxel, label in
              repeatElement(Int32(label), count: points[Int(voxel)].count)
            }))
      }
    }
  }

  /// Labels the points of the cloud.
  ///
  /// - Precondition: `isComplete`.
  /// - Returns: the labels, with the timings of everything up to here.
  /// - Throws: `SegmentationError.nonFiniteScores` when finite scores add up to more than FP32 holds,
  ///   and `.abandoned`.
  package func finish() throws(SegmentationError) -> SegmentationResult {
    precondition(isComplete, "windows are still missing")
    let choosingDuration = choosing.withLock { $0.duration }
    let (votes, joinedTimings, windowCount) = joining.withLock { joining in
      (joining.accumulator, joining.timings, joining.joinedCount)
    }
    var timings = joinedTimings
    timings.windows += choosingDuration
    return try SegmentationResult(
      votes: votes, scene: scene, codes: codes, classes: preparation.classes,
      windowCount: windowCount, timings: timings, on: threads)
  }
}
