/// A measurement that cannot be made.
package enum BenchmarkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// An option or the name of a case.
  case invalid(name: String, expected: String, found: String)
  case outOfMemory(case: String)
  case noThread(reason: String)
  /// The server gave no answer at all, or one that is no HTTP.
  case noAnswer(from: String, reason: String)
  case failed(reason: String)

  package var description: String {
    switch self {
    case .invalid(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    case .outOfMemory(let name): "\(name): not enough memory"
    case .noThread(let reason): reason
    case .noAnswer(let address, let reason): "\(address): \(reason)"
    case .failed(let reason): reason
    }
  }
}
