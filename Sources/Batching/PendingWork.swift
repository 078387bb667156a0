/// How much waits to be batched.
package struct PendingWork: Sendable, Equatable {
  package var requests = 0
  package var points = 0

  package static let zero = PendingWork()
}
