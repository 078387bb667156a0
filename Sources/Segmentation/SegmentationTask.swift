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
  private struct State {
    var selector: (any WindowSelector)?
    var accumulator: VoteAccumulator
    var timings: SegmentationTimings
    /// Windows that were taken and not yet joined, with their scores once they have arrived.
    var waiting: [Int: (selection: WindowSelection, scores: [Float]?)] = [:]
    var takenCount = 0
    var joinedCount = 0
    /// Told of each window as it joins, with its index and the votes so far.
    var listener: (@Sendable (WindowSelection, Int, VoteAccumulator) -> Void)?
  }

  private let plan: ExecutablePlan
  private let scene: any CloudScene
  private let preparation: any CloudPreparation
  private let codes: [UInt8]?
  private let windowBudget: Int
  private let state: Lock<State>

  /// Prepares a cloud; see `Segmenter.prepare`.
  init(
    _ cloud: PointCloud, plan: ExecutablePlan, preparation: any CloudPreparation,
    windowBudget: Int
  ) throws(SegmentationError) {
    precondition(windowBudget > 0)
    var timings = SegmentationTimings()
    let scene = try preparation.scene(of: cloud, timings: &timings)
    self.plan = plan
    self.scene = scene
    self.preparation = preparation
    self.windowBudget = windowBudget
    codes = cloud.attributes.classification
    let selector = try timings.measure(\.windows) { () throws(SegmentationError) in
      try scene.windowSelector()
    }
    state = Lock(
      State(
        selector: selector,
        accumulator: VoteAccumulator(
          voxelCount: scene.count, scoreCount: preparation.scoreWidth,
          reduction: preparation.reduction),
        timings: timings))
  }

  /// How many voxels, or pixels, the cloud has.
  package var voxelCount: Int { scene.count }

  /// How many voxels have a vote so far, from 0 to `voxelCount`.
  package var coveredVoxelCount: Int { state.withLock { $0.accumulator.coveredCount } }

  /// Whether every window was taken and its outputs added.
  package var isComplete: Bool {
    state.withLock { $0.selector == nil && $0.waiting.isEmpty }
  }

  /// Takes the next window.
  ///
  /// - Returns: `nil` when all windows were taken, or as many as the window budget allows and none
  ///   of them can be joined yet.
  package func nextWindow() -> SegmentationWindow? {
    state.withLock { state in
      guard state.takenCount - state.joinedCount < windowBudget, var selector = state.selector
      else { return nil }
      // Held in one place only, so that choosing changes it without a copy.
      state.selector = nil
      guard let selection = state.timings.measure(\.windows, { selector.next() }) else {
        return nil
      }
      state.selector = selector
      let index = state.takenCount
      state.takenCount += 1
      state.waiting[index] = (selection, nil)
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
    var timings = SegmentationTimings()
    let tensors = timings.measure(\.neighbors) { scene.inputs(of: window.selection) }
    state.withLock { $0.timings.neighbors += timings.neighbors }
    do throws(RequestError) {
      try plan.validate(tensors)
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
    let isFinite = state.withLock { state in
      guard let waiting = state.waiting[index], waiting.scores == nil else {
        preconditionFailure(
          "window \(index) was not taken, or its outputs were added before")
      }
      let scores = preparation.scores(in: outputs, of: waiting.selection)
      guard scores.allSatisfy(\.isFinite) else { return false }
      state.waiting[index]?.scores = scores
      state.timings.inference += inference
      state.timings.measure(\.votes) {
        while let window = state.waiting[state.joinedCount], let scores = window.scores {
          state.waiting[state.joinedCount] = nil
          state.accumulator.add(scores, of: window.selection)
          state.listener?(window.selection, state.joinedCount, state.accumulator)
          state.joinedCount += 1
        }
      }
      return true
    }
    guard isFinite else { throw .nonFiniteScores }
  }

  /// Asks to be told of each window that joins those before it, in the order of their indices.
  ///
  /// What is told depends on the cloud alone, as the labels do.
  /// - Parameter report: called under the task's lock, by whatever thread adds outputs; it must
  ///   return at once.
  package func onJoin(_ report: @escaping @Sendable (JoinedWindow) -> Void) {
    let points = PointsOfCells(cellOfPoint: scene.cellOfPoint, cellCount: scene.count)
    let (voxelCount, classCount) = (scene.count, preparation.classes.count)
    state.withLock { state in
      state.listener = { selection, index, votes in
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
  package func finish() -> SegmentationResult {
    state.withLock { state in
      precondition(state.selector == nil && state.waiting.isEmpty, "windows are still missing")
      let joined = state.timings.measure(\.votes) { state.accumulator.joined() }
      return SegmentationResult(
        scores: joined, scene: scene, codes: codes, classes: preparation.classes,
        windowCount: state.joinedCount, timings: state.timings)
    }
  }
}
