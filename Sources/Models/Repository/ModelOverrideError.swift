/// Why a model was not loaded with an override; what it served before it goes on serving.
package enum ModelOverrideError: Error, Hashable {
  case lookup(ModelLookupError)
  /// A version that can't be loaded.
  case refused(version: Int, ModelError)
  /// A version that is not what the caller wants.
  case declined(version: Int, reason: String)
  /// More bytes than all files in memory may take together.
  case tooManyBytes(limit: Int, found: Int)
}

extension ModelOverrideError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .lookup(let error): "\(error)"
    case .refused(let version, let error): "version \(version): \(error)"
    case .declined(let version, let reason): "version \(version): \(reason)"
    case .tooManyBytes(let limit, let found):
      "the files of models that are kept in memory take \(found) bytes, expected at most \(limit)"
    }
  }
}
