import Layers
import Models

/// The output of a graph that tells how far each class applies to each point.
struct ScoreOutput: Sendable, Hashable {
  /// The position among the graph's outputs.
  let index: Int
  /// Scores per point: the number of classes, or 1 for two classes that exclude each other.
  let width: Int

  /// Finds the output called "probabilities", or else the first, of a fitting width.
  ///
  /// - Throws: `SegmentationError.noClassScores`.
  init(_ outputs: [NamedTensorSpec], classCount: Int) throws(SegmentationError) {
    for width in classCount == 2 ? [2, 1] : [classCount] {
      let fitting = outputs.indices.filter { index in
        let spec = outputs[index].spec
        return spec.elementType == .float32 && spec.extents.count > 1
          && spec.extents[spec.extents.count - 1] == width
      }
      let index = fitting.first { outputs[$0].name == "probabilities" } ?? fitting.first
      guard let index else { continue }
      (self.index, self.width) = (index, width)
      return
    }
    throw .noClassScores(
      classCount: classCount, found: outputs.map { "\($0.name) \($0.spec.extents)" })
  }

  /// Appends the scores among the graph's outputs.
  func append(_ outputs: [HostTensor], to scores: inout [Float]) {
    guard case .float32(let values) = outputs[index].values else {
      preconditionFailure("the type of the output was checked")
    }
    scores.append(contentsOf: values)
  }
}
