package import Layers

/// A request that a model can't answer; the request alone is at fault.
package enum RequestError: Error, Hashable {
  case inputCount(expected: Int, found: Int)
  case datatype(input: String, expected: String, found: String)
  case shape(input: String, expected: [Int], found: [Int])
  /// The number of values is not what the shape says.
  case valueCount(input: String, expected: Int, found: Int)
  case nonFinite(input: String, index: Int, found: String)
  case indexOutOfRange(input: String, index: Int, rowCount: Int, found: Int)
  /// The layers' results would need more memory, in bytes, than one worker may have.
  case workspace(limit: Int, found: Int)
  /// Inputs of one layer whose rows do not belong together.
  case layout(layer: String, inputs: [String], LayoutError)
}

extension RequestError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .inputCount(let expected, let found):
      "expected \(expected) inputs, found \(found)"
    case .datatype(let input, let expected, let found):
      "input \"\(input)\": expected datatype \(expected), found \(found)"
    case .shape(let input, let expected, let found):
      "input \"\(input)\": expected the shape \(expected) with no empty extent but the number of "
        + "rows, found \(found)"
    case .valueCount(let input, let expected, let found):
      "input \"\(input)\": expected \(expected) values as its shape says, found \(found)"
    case .nonFinite(let input, let index, let found):
      "input \"\(input)\": expected finite values, found \(found) at element \(index)"
    case .indexOutOfRange(let input, let index, let rowCount, let found):
      "input \"\(input)\": expected indices from 0 to \(rowCount - 1), found \(found) at element "
        + "\(index)"
    case .workspace(let limit, let found):
      "expected a request that \(limit) bytes of working memory suffice for, found one that needs "
        + "\(found); a larger batching.max_batch_points of the model allows more, to 4 GiB"
    case .layout(let layer, let inputs, let error):
      switch error {
      case .cloudCount(let position, let expected, let found):
        "layer \"\(layer)\": \(Self.name(inputs, position)): expected \(expected) clouds, "
          + "found \(found)"
      case .rowCount(let position, let cloud, let expected, let found):
        "layer \"\(layer)\": \(Self.name(inputs, position)): expected \(expected) rows in cloud "
          + "\(cloud), found \(found)"
      case .empty(let position):
        "layer \"\(layer)\": \(Self.name(inputs, position)): expected at least one row and one "
          + "neighbor, found none"
      }
    }
  }

  private static func name(_ inputs: [String], _ position: Int) -> String {
    inputs.indices.contains(position) ? "input \"\(inputs[position])\"" : "input \(position)"
  }
}
