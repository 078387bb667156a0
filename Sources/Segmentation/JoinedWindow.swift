/// What the votes so far say about the points of one window, once it has joined those before it.
///
/// Later windows that overlap it may change these labels; the last word is `SegmentationResult`.
package struct JoinedWindow: Sendable {
  /// Counts from 0, in the order in which windows are chosen.
  package let index: Int
  /// Voxels that have a vote, from 1 to `voxelCount`.
  package let coveredVoxelCount: Int
  package let voxelCount: Int
  /// The points of the window's voxels, voxel by voxel: their positions in the cloud.
  package let points: [Int32]
  /// `[points]`: index into the classes.
  package let labels: [Int32]
}
