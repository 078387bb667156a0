/// A configuration that can't be used.
package enum ConfigurationError: Error, Hashable {
  /// A key without which the layer has no meaning.
  case missingKey(key: String)
  /// A key that this kind of layer does not have.
  case unknownKey(key: String, nearest: String?)
  /// A value of the wrong type or out of range.
  case invalidValue(key: String, expected: String, found: String)
  /// A kind of layer that does not exist here.
  case unknownClass(name: String, nearest: String?)
}

extension ConfigurationError: CustomStringConvertible {
  /// A sentence without file and layer, which the caller puts in front.
  package var description: String {
    switch self {
    case .missingKey(let key):
      "the key \"\(key)\" is missing"
    case .unknownKey(let key, let nearest):
      "the key \"\(key)\" is unknown\(Self.suggestion(nearest))"
    case .invalidValue(let key, let expected, let found):
      "the key \"\(key)\" must be \(expected), but is \(found)"
    case .unknownClass(let name, let nearest):
      "the layer class \"\(name)\" is unknown\(Self.suggestion(nearest))"
    }
  }

  private static func suggestion(_ nearest: String?) -> String {
    nearest.map { "; did you mean \"\($0)\"?" } ?? ""
  }
}
