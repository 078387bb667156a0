import Batching
import Models

extension VoxelScene {
  /// What chooses the scene's windows; `nil` for a scene without voxels.
  ///
  /// - Throws: `SegmentationError.extentTooLarge` and `.tooManyWindows` when there would be too many
  ///   windows, and `.abandoned`.
  func windowSelector(
    _ section: SegmentationSection, on threads: WorkSharing = .alone
  ) throws(SegmentationError) -> (any WindowSelector)? {
    guard count > 0 else { return nil }
    switch section.window.kind {
    case .nearest:
      return try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
        try PotentialWindowSelector(self, section: section, on: threads)
      }
    case .sphere:
      return try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
        try SphereWindowSelector(self, section: section, on: threads)
      }
    case .grid: return try GridWindowSelector(self, section: section, on: threads)
    }
  }
}
