package import Layers

/// A layer that a tool can't work with.
package enum LayerToolError: Error, Equatable {
  case model(ModelError)
  /// The model has no layer of this name; `fitting` are the layers that the tool is for.
  case unknownLayer(name: String, fitting: [String])
  /// The layer is of a class that the tool is not for.
  case wrongClass(name: String, className: String, expected: String, fitting: [String])
  case layer(name: String, LayerError)
  /// The layers before the layer do not take one matrix of features.
  case inputs(layer: String, found: [String])
  /// The features do not fit the model.
  case features(RequestError)
  case fit(OrthonormFitError)
  /// Some combination of the features is constant zero, up to float32 rounding.
  case dependentFeatures(rowCount: Int, width: Int, rank: Int, zeroFeatures: [Int])
}

extension LayerToolError {
  /// Whether the features are at fault, not the model.
  package var isAboutFeatures: Bool {
    switch self {
    case .features, .fit, .dependentFeatures: true
    case .model, .unknownLayer, .wrongClass, .layer, .inputs: false
    }
  }
}

extension LayerToolError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .model(let error): "\(error)"
    case .unknownLayer(let name, let fitting):
      "layer \"\(name)\": expected a layer of the model\(Self.list(fitting)), found no such layer"
    case .wrongClass(let name, let className, let expected, let fitting):
      "layer \"\(name)\": expected \(expected)\(Self.list(fitting)), found \(className)"
    case .layer(let name, let error): "layer \"\(name)\": \(error)"
    case .inputs(let layer, let found):
      "layer \"\(layer)\": expected layers before it that take one input [rows, features], found "
        + found.joined(separator: ", ")
    case .features(let error): "features: \(error)"
    case .fit(let error): "\(error)"
    case .dependentFeatures(let rowCount, let width, let rank, let zeroFeatures):
      "the \(width) features of the \(rowCount) rows are linearly dependent (rank \(rank))"
        + (zeroFeatures.isEmpty
          ? ""
          : "; always zero: "
            + zeroFeatures.prefix(8).map { "\($0)" }.joined(separator: ", ")
            + (zeroFeatures.count > 8 ? ", …" : ""))
        + ": give other rows, at least as many as features, or train with fewer features"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? " (the model has none)" : " (such as \(names.joined(separator: ", ")))"
  }
}
