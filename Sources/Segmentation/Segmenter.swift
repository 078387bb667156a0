package import Models
package import PointClouds

/// Turns raw clouds into inputs of one model, and the model's outputs into labels.
package struct Segmenter: Sendable {
  let plan: ExecutablePlan
  private let section: SegmentationSection
  private let inputs: [WindowInput]
  private let scores: ScoreOutput

  /// Checks that a graph takes what the pre-processing provides and answers a score per class.
  ///
  /// - Parameters:
  ///   - plan: the graph.
  ///   - section: the segmentation section of its manifest.
  /// - Throws: `SegmentationError.unknownInput`, `.inputMismatch`, `.noClassScores`,
  ///   `.excessiveOverlap`, and `.network` when the graph joins tensors of different levels.
  package init(
    plan: ExecutablePlan, section: SegmentationSection
  ) throws(SegmentationError) {
    self.plan = plan
    self.section = section
    inputs = try plan.inputs.map { input throws(SegmentationError) in
      try WindowInput(input, section: section)
    }
    scores = try ScoreOutput(plan.outputs, classCount: section.classes.count)
    let largestOverlap = OverlappingSquares.largestOverlap * section.window.extentMeters
    guard section.window.overlapMeters <= largestOverlap else {
      throw .excessiveOverlap(
        overlapMeters: section.window.overlapMeters, atMost: largestOverlap)
    }
    do throws(RequestError) {
      try plan.validate(inputs.map { $0.blank(levelCount: section.levels.count) })
    } catch {
      throw .network(error)
    }
  }

  /// Checks a loaded model.
  ///
  /// - Throws: `SegmentationError.notASegmentationModel`, and as the other initializer.
  package init(model: LoadedModel) throws(SegmentationError) {
    guard let section = model.manifest.segmentation else {
      throw .notASegmentationModel(model: model.name)
    }
    try self.init(plan: model.plan, section: section)
  }

  /// The classes that labels index.
  package var classes: [PointClass] { section.classes }

  /// Finds ground, voxels and features of a cloud; what remains are its windows.
  ///
  /// - Parameters:
  ///   - cloud: any number of points from one on.
  ///   - windowBudget: the most windows that are taken and not yet joined at a time, which bounds
  ///     the task's memory beyond the voxels.
  /// - Returns: the task, of which the windows are to be run.
  /// - Throws: `SegmentationError.extentTooLarge` and `.cloud`.
  package func prepare(
    _ cloud: PointCloud, windowBudget: Int = 64
  ) throws(SegmentationError) -> SegmentationTask {
    try SegmentationTask(
      cloud, plan: plan, section: section, inputs: inputs, scores: scores,
      windowBudget: windowBudget)
  }
}
