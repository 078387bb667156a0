/// Why a server could not start.
package enum HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A system call failed.
  case system(operation: String, code: Int32, reason: String)
  case invalidPort(found: Int)
  /// The server was stopped, or is draining.
  case stopped

  package var description: String {
    switch self {
    case .system(let operation, _, let reason): "\(operation): \(reason)"
    case .invalidPort(let found): "a port is 0 ... 65535, found \(found)"
    case .stopped: "the server has stopped"
    }
  }
}
