/// What items must have in common to travel in one batch: the same version of the same model.
///
/// A lane exists while items wait in it; the limits are read when its first item arrives.
package protocol BatchLane: Hashable, Sendable {
  var batchLimits: BatchLimits { get }
}
