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

  mutating func next() -> WindowSelection? {
    while firstUncovered < isCovered.count, isCovered[firstUncovered] { firstUncovered += 1 }
    guard firstUncovered < isCovered.count else { return nil }
    let center = firstUncovered
    let (voxels, squaredDistances) = nearest.within(radius, of: center, limit: maximumVoxels)
    // A sphere of too many voxels is as large as its farthest one allows.
    let reached =
      voxels.count < maximumVoxels ? radius : (squaredDistances.max() ?? 0).squareRoot()
    let covered = reached * coverage
    for (voxel, squaredDistance) in zip(voxels, squaredDistances)
    where squaredDistance <= covered * covered { isCovered[Int(voxel)] = true }
    isCovered[center] = true
    return WindowSelection(
      voxels: voxels, weights: [Float](repeating: 1, count: voxels.count),
      origin: originRule.origin(of: voxels, center: nearest.position(center), centers: centers))
  }
}
