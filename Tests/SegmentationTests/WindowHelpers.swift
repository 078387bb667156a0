import Models

@testable import Segmentation

extension WindowSelector {
  /// The next window in memory of its own.
  mutating func next() -> WindowSelection? {
    var selection = WindowSelection()
    return next(&selection) ? selection : nil
  }
}

extension SegmentationTask {
  /// The tensors of a window in memory of their own.
  func inputs(of window: SegmentationWindow) throws -> [HostTensor] {
    var memory = WindowMemory()
    try makeInputs(of: window, in: &memory)
    return memory.requests[0]
  }
}

extension VoteAccumulator {
  /// `[voxels, scores]`.
  func joined(voxelCount: Int) -> [Float] {
    (0..<voxelCount).flatMap { voxel in (0..<scoreCount).map { score($0, of: voxel) } }
  }
}
