/// Why work was not taken.
package enum WorkRefusal: Error, Equatable, Sendable {
  /// The threads have been told to finish; nothing would run it.
  case finished
}

extension WorkRefusal: CustomStringConvertible {
  package var description: String { "the service has shut down" }
}
