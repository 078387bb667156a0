/// Why a file of API keys cannot be used.
package enum APIKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(file: String)
  /// A line is not `name:scope,scope:salt:hash`.
  case malformed(file: String, line: Int, reason: String)
  case tooManyKeys(file: String, limit: Int)

  package var description: String {
    switch self {
    case .unreadable(let file): "key file \(file) is missing, must not be read, or is no UTF-8 text"
    case .malformed(let file, let line, let reason): "key file \(file), line \(line): \(reason)"
    case .tooManyKeys(let file, let limit): "key file \(file) has more than \(limit) keys"
    }
  }
}
