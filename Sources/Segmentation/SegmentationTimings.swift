/// Where the time of one segmentation went; stages that ran on several threads count for each.
package struct SegmentationTimings: Sendable, Hashable {
  /// Finding the ground.
  package internal(set) var heightAboveGround = Duration.zero
  /// Finding the voxel unit and the voxels.
  package internal(set) var voxelization = Duration.zero
  /// Measuring the features of voxels, of which the height above ground is one.
  package internal(set) var features = Duration.zero
  /// Choosing the windows' voxels.
  package internal(set) var windows = Duration.zero
  /// Coarser levels and neighbors of the windows.
  package internal(set) var neighbors = Duration.zero
  /// Running the network; zero where somebody else runs it.
  package internal(set) var inference = Duration.zero
  /// Joining the windows' votes.
  package internal(set) var votes = Duration.zero

  package init() {}

  /// Everything that happens before the first window.
  package var preparation: Duration { heightAboveGround + voxelization + features }

  /// Runs `body` and adds the time it takes to one stage.
  mutating func measure<Result, Failure: Error>(
    _ stage: WritableKeyPath<SegmentationTimings, Duration>,
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    defer { self[keyPath: stage] += clock.now - start }
    return try body()
  }
}
