/// The voxels of one window and how much each of its votes counts.
struct WindowSelection: Sendable {
  /// Voxel indices, ascending, at least one.
  var voxels: [Int32] = []
  /// `[voxels]`, above zero.
  var weights: [Float] = []
  /// What is subtracted from the voxels' centers, meters.
  var origin = SIMD3<Double>.zero
}

/// Chooses windows one after the other until every voxel is covered.
///
/// The choice depends on the voxels' positions alone, so it can run ahead of the network.
protocol WindowSelector: Sendable {
  /// Makes a selection the next window, in the memory that it has as far as it goes; `false` once
  /// there are no more.
  mutating func next(_ selection: inout WindowSelection) -> Bool
}

extension WindowSelection {
  /// Gives all of the window's votes the same weight.
  mutating func weighEvenly() {
    weights.removeAll(keepingCapacity: true)
    weights.append(contentsOf: repeatElement(1, count: voxels.count))
  }
}
