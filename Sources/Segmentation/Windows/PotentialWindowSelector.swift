import Batching
import Models

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Windows of the voxels nearest to a center in x and y.
///
/// The next center is the voxel where the windows so far weigh least, like the potentials of the
/// reference implementation of KPConv (Thomas et al., 2019).
struct PotentialWindowSelector: WindowSelector {
  private var nearest: NearestVoxels
  private let centers: [Double]
  private let voxelUnit: Double
  private let maximumVoxels: Int
  private let originRule: WindowOrigin
  private let section: PotentialSection
  private var potentials: CenterPotentials

  /// Prepares to choose among the voxels of a scene, at least one.
  ///
  /// - Throws: `WorkAbandoned`.
  init(
    _ scene: VoxelScene, section: SegmentationSection, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    centers = scene.centers
    nearest = try NearestVoxels(scene.centers, on: threads)
    voxelUnit = scene.voxelUnit
    maximumVoxels = section.window.maximumPoints
    originRule = section.origin
    self.section = section.window.potential
    potentials = CenterPotentials(count: scene.count)
  }

  mutating func next() -> WindowSelection? {
    let (center, potential) = potentials.lowest()
    guard potential <= section.threshold else { return nil }
    let voxels = nearest.nearestInPlane(maximumVoxels, to: center)
    let weights = weights(of: voxels, around: center)
    for (voxel, weight) in zip(voxels, weights) { potentials.add(weight, to: Int(voxel)) }
    return WindowSelection(
      voxels: voxels, weights: weights,
      origin: originRule.origin(of: voxels, center: nearest.position(center), centers: centers))
  }

  /// The weights in float32, from the coordinates that the network sees: so small a rounding decides
  /// which of two voxels is the next center.
  private func weights(of voxels: [Int32], around center: Int) -> [Float] {
    let origin = nearest.position(center)
    var weights = voxels.map { voxel in
      let x = Float((centers[3 * Int(voxel)] - origin.x) / voxelUnit)
      let y = Float((centers[3 * Int(voxel) + 1] - origin.y) / voxelUnit)
      return x * x + y * y
    }
    let scale = (weights.max() ?? 0) * Float(section.radiusFactor)
    let exponent = Float(section.exponent)
    for place in weights.indices {
      // All voxels may lie above one another.
      let share = scale > 0 ? 1 - weights[place] / scale : 1
      let clipped = min(max(share, Float(section.minimumWeight)), 1)
      weights[place] = exponent == 2 ? clipped * clipped : powf(clipped, exponent)
    }
    return weights
  }
}

extension WindowOrigin {
  /// What the coordinates of a window are relative to.
  ///
  /// - Parameters:
  ///   - voxels: the window's voxels, at least one.
  ///   - center: the window's center, meters.
  ///   - centers: `[voxels of the scene, 3]`, meters.
  /// - Returns: a position in meters.
  func origin(
    of voxels: [Int32], center: SIMD3<Double>, centers: [Double]
  ) -> SIMD3<Double> {
    switch self {
    case .center: center
    case .centerAndFloor:
      SIMD3(
        center.x, center.y,
        voxels.reduce(.infinity) { lowest, voxel in min(lowest, centers[3 * Int(voxel) + 2]) })
    }
  }
}
