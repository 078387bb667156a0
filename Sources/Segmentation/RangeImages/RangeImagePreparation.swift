import Batching
import Layers
import Models
import PointClouds

/// Clouds as frames of a sensor on a fixed mount, one image and one window each.
struct RangeImagePreparation: CloudPreparation {
  private let section: RangeImageSection
  /// The position of the class scores among the graph's outputs.
  private let outputIndex: Int

  let reduction = VoteReduction.mean

  /// Checks that a graph takes the image and answers an image of class scores.
  ///
  /// - Throws: `SegmentationError.imageInput` and `.noClassImage`.
  init(_ section: RangeImageSection, plan: ExecutablePlan) throws(SegmentationError) {
    self.section = section
    let image = [section.channels.count, section.rowCount, section.columnCount]
    guard plan.inputs.count == 1, plan.inputs[0].spec.elementType == .float32,
      plan.inputs[0].spec.extents.count == 4, plan.inputs[0].spec.extents[0] ?? 1 == 1,
      Array(plan.inputs[0].spec.extents.dropFirst()) == image
    else {
      throw .imageInput(
        expected: "[-1, \(image[0]), \(image[1]), \(image[2])]",
        found: plan.inputs.map { "\($0.name) \(Self.shape($0.spec))" })
    }
    let scores = [section.classes.count, section.rowCount, section.columnCount]
    let fitting = plan.outputs.indices.filter { index in
      let spec = plan.outputs[index].spec
      return spec.elementType == .float32 && spec.extents.count == 4
        && Array(spec.extents.dropFirst()) == scores
    }
    let index = fitting.first { plan.outputs[$0].name == "probabilities" } ?? fitting.first
    guard let index else {
      throw .noClassImage(
        expected: "[-1, \(scores[0]), \(scores[1]), \(scores[2])]",
        found: plan.outputs.map { "\($0.name) \(Self.shape($0.spec))" })
    }
    outputIndex = index
  }

  var classes: [PointClass] { section.classes }
  var scoreWidth: Int { section.classes.count }

  func scene(
    of cloud: PointCloud, on threads: WorkSharing, timings: inout SegmentationTimings
  ) throws(SegmentationError) -> any CloudScene {
    try timings.measure(\.voxelization) { () throws(SegmentationError) in
      try RangeImage(cloud, section: section, on: threads)
    }
  }

  /// Appends the scores of the window's pixels, one pixel after the other.
  func appendScores(
    in outputs: [HostTensor], of selection: WindowSelection, to scores: inout [Float]
  ) {
    guard case .float32(let values) = outputs[outputIndex].values else {
      preconditionFailure("the type of the output was checked")
    }
    let pixelCount = section.rowCount * section.columnCount
    precondition(values.count == scoreWidth * pixelCount)
    for pixel in selection.voxels {
      for score in 0..<scoreWidth { scores.append(values[score * pixelCount + Int(pixel)]) }
    }
  }

  private static func shape(_ spec: TensorSpec) -> String {
    "[\(spec.extents.map { $0.map { "\($0)" } ?? "-1" }.joined(separator: ", "))]"
  }
}
