import Batching
import Models

/// Spheres around voxels; the next center is the first voxel that no sphere covers well.
///
/// A voxel is covered well by a sphere that it lies in by half the overlap at least.
struct SphereWindowSelector: WindowSelector {
  private var nearest: NearestVoxels
  private let centers: [Double]
  private let radius: Double
  /// The share of a sphere's radius within which voxels are covered well.
  private let coverage: Double
  private let maximumVoxels: Int
  private let originRule: WindowOrigin
  private var isCovered: [Bool]
  /// No voxel before this one remains uncovered.
  private var firstUncovered = 0

  /// Prepares to choose among the voxels of a scene, at least one.
  ///
  /// - Throws: `WorkAbandoned`.
  init(
    _ scene: VoxelScene, section: SegmentationSection, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    centers = scene.centers
    nearest = try NearestVoxels(scene.centers, on: threads)
    radius = section.window.extentMeters / 2
    coverage = 1 - section.window.overlapMeters / section.window.extentMeters
    maximumVoxels = section.window.maximumPoints
    originRule = section.origin
    isCovered = [Bool](repeating: false, count: scene.count)
  }

  mutating func next(_ selection: inout WindowSelection) -> Bool {
    while firstUncovered < isCovered.count, isCovered[firstUncovered] { firstUncovered += 1 }
    guard firstUncovered < isCovered.count else { return false }
    let center = firstUncovered
    nearest.within(radius, of: center, limit: maximumVoxels, into: &selection.voxels)
    // A sphere of too many voxels is as large as its farthest one allows.
    let reached =
      selection.voxels.count < maximumVoxels
      ? radius
      : selection.voxels.reduce(0) {
        max($0, nearest.squaredDistance(center, Int($1)))
      }.squareRoot()
    let covered = reached * coverage
    for voxel in selection.voxels
    where nearest.squaredDistance(center, Int(voxel)) <= covered * covered {
      isCovered[Int(voxel)] = true
    }
    isCovered[center] = true
    selection.weighEvenly()
    selection.origin = originRule.origin(
      of: selection.voxels, center: nearest.position(center), centers: centers)
    return true
  }
}
