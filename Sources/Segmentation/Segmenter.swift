package import Models
package import PointClouds

/// Turns raw clouds into inputs of one model, and the model's outputs into labels.
package struct Segmenter: Sendable {
  private let section: SegmentationSection
  private let inputs: [WindowInput]
  private let scores: ScoreOutput

  /// Checks that a graph takes what the pre-processing provides and answers a score per class.
  ///
  /// - Parameters:
  ///   - inputs: the graph's inputs, in its order.
  ///   - outputs: the graph's outputs, in its order.
  ///   - section: the manifest's segmentation section.
  /// - Throws: `SegmentationError.unknownInput`, `.inputMismatch`, `.noClassScores` and
  ///   `.excessiveOverlap`.
  package init(
    inputs: [NamedTensorSpec], outputs: [NamedTensorSpec], section: SegmentationSection
  ) throws(SegmentationError) {
    self.section = section
    self.inputs = try inputs.map { input throws(SegmentationError) in
      try WindowInput(input, section: section)
    }
    scores = try ScoreOutput(outputs, classCount: section.classes.count)
    let largestOverlap = OverlappingSquares.largestOverlap * section.window.extentMeters
    guard section.window.overlapMeters <= largestOverlap else {
      throw .excessiveOverlap(
        overlapMeters: section.window.overlapMeters, atMost: largestOverlap)
    }
  }

  /// Checks a loaded model.
  ///
  /// - Throws: `SegmentationError.notASegmentationModel`, and as the other initializer.
  package init(model: LoadedModel) throws(SegmentationError) {
    guard let section = model.manifest.segmentation else {
      throw .notASegmentationModel(model: model.name)
    }
    try self.init(inputs: model.plan.inputs, outputs: model.plan.outputs, section: section)
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
      cloud, section: section, inputs: inputs, scores: scores, windowBudget: windowBudget)
  }
}
