import Models

extension VoxelScene {
  /// What chooses the scene's windows; `nil` for a scene without voxels.
  ///
  /// - Throws: `SegmentationError.extentTooLarge` when there would be too many windows to number.
  func windowSelector(
    _ section: SegmentationSection
  ) throws(SegmentationError) -> (any WindowSelector)? {
    guard count > 0 else { return nil }
    switch section.window.kind {
    case .nearest: return PotentialWindowSelector(self, section: section)
    case .sphere: return SphereWindowSelector(self, section: section)
    case .grid: return try GridWindowSelector(self, section: section)
    }
  }
}
