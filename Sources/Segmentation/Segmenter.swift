package import Batching
package import Models
package import PointClouds

/// Turns raw clouds into inputs of one model, and the model's outputs into labels.
package struct Segmenter: Sendable {
  /// The graph.
  package let plan: ExecutablePlan
  private let preparation: any CloudPreparation

  /// Checks that a graph takes what the pre-processing provides and answers a score per class.
  ///
  /// - Parameters:
  ///   - plan: the graph.
  ///   - section: the segmentation section of its manifest.
  /// - Throws: `SegmentationError.unknownInput`, `.inputMismatch`, `.noClassScores`,
  ///   `.scoresOfOtherPoints`, `.excessiveOverlap`, `.imageInput`, `.noClassImage`, and `.network`
  ///   when the graph joins tensors of different levels.
  package init(
    plan: ExecutablePlan, section: PointCloudSection
  ) throws(SegmentationError) {
    self.plan = plan
    switch section {
    case .voxels(let section): preparation = try VoxelPreparation(section, plan: plan)
    case .rangeImage(let section): preparation = try RangeImagePreparation(section, plan: plan)
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
  package var classes: [PointClass] { preparation.classes }

  /// Finds ground, voxels and features of a cloud, or its image; what remains are its windows.
  ///
  /// - Parameters:
  ///   - cloud: any number of points from one on.
  ///   - windowBudget: the most windows that are taken and not yet joined at a time, which bounds
  ///     the task's memory beyond the voxels.
  ///   - threads: what helps, and whether the labels are still wanted.
  /// - Returns: the task, of which the windows are to be run.
  /// - Throws: `SegmentationError.extentTooLarge`, `.tooManyWindows`, `.cloud` and `.abandoned`.
  package func prepare(
    _ cloud: PointCloud, windowBudget: Int = 64, on threads: WorkSharing = .alone
  ) throws(SegmentationError) -> SegmentationTask {
    try SegmentationTask(
      cloud, plan: plan, preparation: preparation, windowBudget: windowBudget, on: threads)
  }
}
