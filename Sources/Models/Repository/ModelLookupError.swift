/// A model that a request names and that can't answer.
package enum ModelLookupError: Error, Hashable {
  case unknownModel(name: String)
  case unknownVersion(name: String, version: Int)
  case unknownLabel(name: String, label: String)
  /// The version exists but is not served.
  case notReady(name: String, version: Int?, reason: String)
}

extension ModelLookupError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownModel(let name): "there is no model named \"\(name)\""
    case .unknownVersion(let name, let version):
      "the model \"\(name)\" has no version \(version)"
    case .unknownLabel(let name, let label):
      "the model \"\(name)\" has no version labelled \"\(label)\""
    case .notReady(let name, let version?, let reason):
      "version \(version) of the model \"\(name)\" is not ready: \(reason)"
    case .notReady(let name, nil, let reason):
      "the model \"\(name)\" is not ready: \(reason)"
    }
  }
}
