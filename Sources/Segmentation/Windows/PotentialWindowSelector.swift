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

  mutating func next(_ selection: inout WindowSelection) -> Bool {
    let (center, potential) = potentials.lowest()
    guard potential <= section.threshold else { return false }
    nearest.nearestInPlane(maximumVoxels, to: center, into: &selection.voxels)
    weigh(selection.voxels, around: center, into: &selection.weights)
    potentials.add(selection.weights, to: selection.voxels)
    selection.origin = originRule.origin(
      of: selection.voxels, center: nearest.position(center), centers: centers)
    return true
  }

  /// Finds the weights in float32, from the coordinates that the network sees: so small a rounding
  /// decides which of two voxels is the next center.
  private func weigh(_ voxels: [Int32], around center: Int, into weights: inout [Float]) {
    let origin = nearest.position(center)
    weights.removeAll(keepingCapacity: true)
    weights.reserveCapacity(voxels.count)
    for voxel in voxels {
      let x = Float((centers[3 * Int(voxel)] - origin.x) / voxelUnit)
      let y = Float((centers[3 * Int(voxel) + 1] - origin.y) / voxelUnit)
      weights.append(x * x + y * y)
    }
    let scale = (weights.max() ?? 0) * Float(section.radiusFactor)
    let exponent = Float(section.exponent)
    for place in weights.indices {
      // All voxels may lie above one another.
      let share = scale > 0 ? 1 - weights[place] / scale : 1
      let clipped = min(max(share, Float(section.minimumWeight)), 1)
      weights[place] = exponent == 2 ? clipped * clipped : powf(clipped, exponent)
    }
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
