/// Nobody wants the result of some work any more: its deadline has passed or its client has gone.
package struct WorkAbandoned: Error, Equatable, Sendable {
  package init() {}
}

extension WorkAbandoned: CustomStringConvertible {
  package var description: String { "nobody wants the result any more" }
}
