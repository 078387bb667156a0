/// The voxels of one window and how much each of its votes counts.
struct WindowSelection: Sendable {
  /// Voxel indices, ascending, at least one.
  let voxels: [Int32]
  /// `[voxels]`, above zero.
  let weights: [Float]
  /// What is subtracted from the voxels' centers, meters.
  let origin: SIMD3<Double>
}

/// Chooses windows one after the other until every voxel is covered.
///
/// The choice depends on the voxels' positions alone, so it can run ahead of the network.
protocol WindowSelector: Sendable {
  /// The next window, or `nil` once there are no more.
  mutating func next() -> WindowSelection?
}
