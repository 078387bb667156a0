/// A layer that its inputs or weights do not fit.
package enum LayerError: Error, Hashable {
  case inputCount(expected: String, found: Int)
  case inputShape(input: Int, expected: String, found: String)
  case missingWeight(name: String, shape: [Int])
  case weightShape(name: String, expected: String, found: [Int])
  case weightValue(name: String, expected: String, found: String)
  case configuration(ConfigurationError)
  /// The packed weights did not fit into memory, or their size overflows.
  case outOfMemory
}

extension LayerError: CustomStringConvertible {
  /// A sentence without file and layer, which the caller puts in front.
  package var description: String {
    switch self {
    case .inputCount(let expected, let found):
      "the layer takes \(expected), but \(found) \(found == 1 ? "is" : "are") given"
    case .inputShape(let input, let expected, let found):
      "input \(input) must be \(expected), but is \(found)"
    case .missingWeight(let name, let shape):
      "the weight \"\(name)\"\(shape.isEmpty ? "" : " \(shape)") is missing"
    case .weightShape(let name, let expected, let found):
      "the weight \"\(name)\" must have the shape \(expected), but has \(found)"
    case .weightValue(let name, let expected, let found):
      "the weight \"\(name)\" must hold \(expected), but holds \(found)"
    case .configuration(let error):
      error.description
    case .outOfMemory:
      "there is not enough memory for the layer's weights"
    }
  }
}
