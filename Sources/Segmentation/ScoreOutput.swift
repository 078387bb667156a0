import Layers
import Models

/// The output of a graph that tells how far each class applies to each point.
struct ScoreOutput: Sendable, Hashable {
  /// The position among the graph's outputs.
  let index: Int
  /// Scores per point: the number of classes, or 1 for two classes that exclude each other.
  let width: Int

  /// Finds the first output of a fitting width.
  ///
  /// - Throws: `SegmentationError.noClassScores`.
  init(_ outputs: [NamedTensorSpec], classCount: Int) throws(SegmentationError) {
    func index(width: Int) -> Int? {
      outputs.firstIndex {
        $0.spec.elementType == .float32 && $0.spec.extents.count > 1
          && $0.spec.extents[$0.spec.extents.count - 1] == width
      }
    }
    if let index = index(width: classCount) {
      (self.index, width) = (index, classCount)
    } else if classCount == 2, let index = index(width: 1) {
      (self.index, width) = (index, 1)
    } else {
      throw .noClassScores(
        classCount: classCount, found: outputs.map { "\($0.name) \($0.spec.extents)" })
    }
  }
}
