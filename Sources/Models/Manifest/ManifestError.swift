/// A `model.json` that can't be used.
///
/// `key` is the path of the offending value, such as `layers[2] "hg1".inputs`.
package enum ManifestError: Error, Hashable {
  case json(JSONError)
  case missingKey(key: String, expected: String)
  case unknownKey(key: String, nearest: String?)
  case invalidValue(key: String, expected: String, found: String)
}

extension ManifestError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .json(let error): "\(error)"
    case .missingKey(let key, let expected):
      "key \(key): expected \(expected), found no such key"
    case .unknownKey(let key, let nearest?):
      "key \(key): expected a known key, such as \"\(nearest)\", found an unknown one"
    case .unknownKey(let key, nil):
      "key \(key): expected a known key, found an unknown one"
    case .invalidValue(let key, let expected, let found):
      "key \(key): expected \(expected), found \(found)"
    }
  }
}
