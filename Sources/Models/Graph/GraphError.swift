package import Layers

/// A graph whose layers, weights or names do not fit together.
package enum GraphError: Error, Hashable {
  /// Two inputs or layers of one name, or two outputs.
  case duplicateName(key: String, name: String)
  /// A layer's input that is neither a graph input nor an earlier layer.
  case unknownInput(layer: String, position: Int, name: String, nearest: String?)
  case unknownOutput(output: String, layer: String, nearest: String?)
  case configuration(layer: String, ConfigurationError)
  case layer(layer: String, className: String, LayerError)
  /// Row indices that a layer computes; only those of a request are checked against its rows.
  case computedIndices(layer: String, input: String)
  case weights(SafetensorsError)
  /// Tensors of the weights file that no layer takes.
  case leftoverWeights(names: [String])
}

extension GraphError: CustomStringConvertible {
  /// A sentence that begins with the file.
  package var description: String {
    switch self {
    case .duplicateName(let key, let name):
      "model.json: key \(key): expected each name once, found \"\(name)\" again"
    case .unknownInput(let layer, let position, let name, let nearest):
      "model.json: layer \"\(layer)\": key inputs[\(position)]: expected a graph input or an "
        + "earlier layer\(Self.suggestion(nearest)), found \"\(name)\""
    case .unknownOutput(let output, let layer, let nearest):
      "model.json: output \"\(output)\": key from: expected a layer\(Self.suggestion(nearest)), "
        + "found \"\(layer)\""
    case .configuration(let layer, let error):
      "model.json: layer \"\(layer)\": config: \(error)"
    case .layer(let layer, let className, let error):
      switch error {
      case .missingWeight(let name, let shape):
        "weights.safetensors: layer \"\(layer)\": expected the tensor \"\(layer)/\(name)\" "
          + "\(shape), found no such tensor"
      case .weightShape, .weightValue:
        "weights.safetensors: layer \"\(layer)\" (\(className)): \(error)"
      case .configuration, .inputCount, .inputShape, .outOfMemory:
        "model.json: layer \"\(layer)\" (\(className)): \(error)"
      }
    case .computedIndices(let layer, let input):
      "model.json: layer \"\(layer)\": key inputs: expected row indices from a graph input, "
        + "found those of \"\(input)\""
    case .weights(let error):
      "weights.safetensors: \(error)"
    case .leftoverWeights(let names):
      "weights.safetensors: expected only tensors that a layer takes, found "
        + names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
        + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
  }

  private static func suggestion(_ nearest: String?) -> String {
    nearest.map { ", such as \"\($0)\"" } ?? ""
  }
}
