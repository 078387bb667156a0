import Batching
import Models
import PointClouds

/// Clouds as windows of voxels, at as many resolutions as the section has levels.
struct VoxelPreparation: CloudPreparation {
  private let section: SegmentationSection
  private let inputs: [WindowInput]
  private let output: ScoreOutput

  /// Checks that a graph takes what windows of voxels provide and answers a score per class.
  ///
  /// - Throws: `SegmentationError.unknownInput`, `.inputMismatch`, `.noClassScores`,
  ///   `.scoresOfOtherPoints`, `.excessiveOverlap`, and `.network` when the graph joins tensors of
  ///   different levels.
  init(_ section: SegmentationSection, plan: ExecutablePlan) throws(SegmentationError) {
    self.section = section
    inputs = try plan.inputs.map { input throws(SegmentationError) in
      try WindowInput(input, section: section)
    }
    output = try ScoreOutput(plan.outputs, classCount: section.classes.count)
    let largestOverlap = OverlappingSquares.largestOverlap * section.window.extentMeters
    guard section.window.overlapMeters <= largestOverlap else {
      throw .excessiveOverlap(
        overlapMeters: section.window.overlapMeters, atMost: largestOverlap)
    }
    let levelCount = section.levels.count
    let rowCounts: [Int]
    do throws(RequestError) {
      rowCounts = try plan.outputRowCounts(of: inputs.map { $0.blank(levelCount: levelCount) })
    } catch {
      throw .network(error)
    }
    guard rowCounts[output.index] == WindowInput.blankPointCount(ofLevel: 0, of: levelCount) else {
      throw .scoresOfOtherPoints(output: plan.outputs[output.index].name)
    }
  }

  var classes: [PointClass] { section.classes }
  var reduction: VoteReduction { section.reduction }
  var scoreWidth: Int { output.width }

  func scene(
    of cloud: PointCloud, on threads: WorkSharing, timings: inout SegmentationTimings
  ) throws(SegmentationError) -> any CloudScene {
    WindowedVoxels(
      voxels: try VoxelScene(cloud, section: section, on: threads, timings: &timings),
      section: section, inputs: inputs)
  }

  func appendScores(
    in outputs: [HostTensor], of selection: WindowSelection, to scores: inout [Float]
  ) {
    output.append(outputs, to: &scores)
  }
}

/// The voxels of one cloud, with what its windows are made by.
private struct WindowedVoxels: CloudScene {
  let voxels: VoxelScene
  let section: SegmentationSection
  let inputs: [WindowInput]

  var count: Int { voxels.count }
  var cellOfPoint: [Int32] { voxels.voxelOfPoint }
  var unitMeters: Double { voxels.voxelUnit }

  func windowSelector(
    on threads: WorkSharing
  ) throws(SegmentationError) -> (any WindowSelector)? {
    try voxels.windowSelector(section, on: threads)
  }

  func makeInputs(of selection: WindowSelection, in memory: inout WindowMemory) {
    memory.pyramid.begin(selection, of: voxels)
    memory.setTensorCount(inputs.count)
    for (place, input) in inputs.enumerated() {
      memory.pyramid.make(
        input, of: selection, scene: voxels, levels: section.levels,
        into: &memory.requests[0][place])
    }
  }
}
