import Batching
import Locking
package import Models
import PointClouds

/// One window of a cloud, to be run through the network.
package struct SegmentationWindow: Sendable {
  /// Counts from 0, in the order in which windows are chosen.
  package let index: Int
  let selection: WindowSelection

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
    /// Windows that were taken and not yet joined, with their scores once they have arrived.
    var waiting: [Int: (selection: WindowSelection, scores: [Float]?)] = [:]
    var joinedCount = 0
    /// Told of each window as it joins, with its index and the votes so far.
    var listener: (@Sendable (WindowSelection, Int, VoteAccumulator) -> Void)?
  }

  private let plan: ExecutablePlan
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
      choosing.selector == nil && joining.withLock { $0.waiting.isEmpty }
    }
  }

  /// Takes the next window.
  ///
  /// - Returns: `nil` when all windows were taken, or as many as the window budget allows and none
  ///   of them can be joined yet.
  package func nextWindow() -> SegmentationWindow? {
    choosing.withLock { choosing in
      let joinedCount = joining.withLock { $0.joinedCount }
      guard choosing.takenCount - joinedCount < windowBudget, var selector = choosing.selector
      else { return nil }
      // Held in one place only, so that choosing changes it without a copy.
      choosing.selector = nil
      let clock = ContinuousClock()
      let start = clock.now
      let selection = selector.next()
      choosing.duration += clock.now - start
      guard let selection else { return nil }
      choosing.selector = selector
      let index = choosing.takenCount
      choosing.takenCount += 1
      joining.withLock { $0.waiting[index] = (selection, nil) }
      return SegmentationWindow(index: index, selection: selection)
    }
  }

  /// Builds the tensors of a window, in the order of the graph's inputs.
  ///
  /// This is where levels and neighbors are computed; several windows may be built at once.
  ///
  /// - Parameter window: a window of this task.
  /// - Returns: a request that the graph's plan has validated.
  /// - Throws: `SegmentationError.network`, for instance when features overflow FP32 or a window
  ///   takes too much memory.
  package func inputs(of window: SegmentationWindow) throws(SegmentationError) -> [HostTensor] {
    var layout = PassLayout()
    return try inputs(of: window, using: &layout)
  }

  /// The same, with memory that the checks of many windows share.
  func inputs(
    of window: SegmentationWindow, using layout: inout PassLayout
  ) throws(SegmentationError) -> [HostTensor] {
    var timings = SegmentationTimings()
    let tensors = timings.measure(\.neighbors) { scene.inputs(of: window.selection) }
    joining.withLock { $0.timings.neighbors += timings.neighbors }
    do throws(RequestError) {
      try plan.validate(tensors, using: &layout)
    } catch {
      throw .network(error)
    }
    return tensors
  }

  /// Adds the graph's outputs for a window that was taken, once.
  ///
  /// - Parameters:
  ///   - outputs: in the order of the graph's outputs.
  ///   - index: the window's index.
  ///   - inference: how long the network took, if the caller wants that in the timings.
  /// - Throws: `SegmentationError.nonFiniteScores`; the cloud can't be labeled then.
  package func add(
    _ outputs: [HostTensor], ofWindow index: Int, inference: Duration = .zero
  ) throws(SegmentationError) {
    let selection = joining.withLock { joining in
      guard let waiting = joining.waiting[index], waiting.scores == nil else {
        preconditionFailure(
          "window \(index) was not taken, or its outputs were added before")
      }
      return waiting.selection
    }
    let scores = preparation.scores(in: outputs, of: selection)
    guard scores.allSatisfy(\.isFinite) else { throw .nonFiniteScores }
    joining.withLock { joining in
      joining.waiting[index]?.scores = scores
      joining.timings.inference += inference
      joining.timings.measure(\.votes) {
        while let window = joining.waiting[joining.joinedCount], let scores = window.scores {
          joining.waiting[joining.joinedCount] = nil
          joining.accumulator.add(scores, of: window.selection)
          joining.listener?(window.selection, joining.joinedCount, joining.accumulator)
          joining.joinedCount += 1
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
        let labels = selection.voxels.map { voxel in
          (
            voxel,
            SegmentationResult.label(
              of: votes.joinedScores(of: Int(voxel)), classCount: classCount)
          )
        }
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
    let joined = timings.measure(\.votes) { votes.joined() }
    guard joined.allSatisfy(\.isFinite) else { throw .nonFiniteScores }
    return try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try SegmentationResult(
        scores: joined, scene: scene, codes: codes, classes: preparation.classes,
        windowCount: windowCount, timings: timings, on: threads)
    }
  }
}
