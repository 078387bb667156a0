/// Inputs of one request whose rows do not belong together.
package enum LayoutError: Error, Hashable {
  /// Two inputs have different numbers of clouds.
  case cloudCount(input: Int, expected: Int, found: Int)
  /// Two inputs have different numbers of rows in a cloud.
  case rowCount(input: Int, cloud: Int, expected: Int, found: Int)
  /// A layer that needs at least one row or one neighbor was given none.
  case empty(input: Int)
}

extension LayoutError: CustomStringConvertible {
  /// A sentence that names the input by its position; a caller that knows its name says it instead.
  package var description: String {
    switch self {
    case .cloudCount(let input, let expected, let found):
      "input \(input) must have \(expected) clouds, but has \(found)"
    case .rowCount(let input, let cloud, let expected, let found):
      "input \(input) must have \(expected) rows in cloud \(cloud), but has \(found)"
    case .empty(let input):
      "input \(input) must hold at least one neighbor per point, but holds none"
    }
  }
}
