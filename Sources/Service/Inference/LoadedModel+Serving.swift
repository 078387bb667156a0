import Layers
import Models

extension LoadedModel {
  /// Class names by output channel; empty for a model that takes no clouds.
  var classNames: [String] { manifest.segmentation?.classes.map(\.name) ?? [] }
}

extension ExecutablePlan {
  /// The cost of a request: the most rows that any of its tensors has.
  func pointCount(of tensors: [HostTensor]) -> Int {
    zip(inputs, tensors).map { input, tensor in
      tensor.shape.dropLast(min(input.spec.rowRank, tensor.shape.count)).reduce(1, *)
    }.max() ?? 0
  }
}
