/// A configuration that the service can't start with.
package enum ConfigurationProblem: Error, Hashable, CustomStringConvertible {
  case unreadableFile(path: String, reason: String)
  case unknownKey(key: String, origin: String, nearest: String?)
  case invalidValue(key: String, origin: String, expected: String, found: String)
  case contradiction(String)

  package var description: String {
    switch self {
    case .unreadableFile(let path, let reason):
      "cannot read the configuration file \(path): \(reason)"
    case .unknownKey(let key, let origin, let nearest):
      "unknown key \(key) in \(origin)" + (nearest.map { "; did you mean \($0)?" } ?? "")
    case .invalidValue(let key, let origin, let expected, let found):
      "\(key) (\(origin)): expected \(expected), found \"\(found)\""
    case .contradiction(let sentence): sentence
    }
  }
}
