import Batching
import Models
import PointClouds

/// A cloud as the windows see it: voxels with features.
struct VoxelScene: Sendable {
  /// The length of one voxel unit, meters.
  let voxelUnit: Double
  /// `[voxels, 3]`: mean position of each voxel's points, meters, less whole meters along each axis.
  let centers: [Double]
  /// The graph's input `F`.
  let features: FeatureColumns
  /// `[points]`: the voxel of each point of the whole cloud, -1 for points that take no part.
  let voxelOfPoint: [Int32]

  /// The number of voxels; 0 if no point takes part.
  var count: Int { centers.count / 3 }

  /// Divides the points of a cloud into voxels and measures the features that a model asks for.
  ///
  /// - Throws: `SegmentationError.extentTooLarge`, `.cloud` and `.abandoned`.
  init(
    _ cloud: PointCloud, section: SegmentationSection, on threads: WorkSharing = .alone,
    timings: inout SegmentationTimings
  ) throws(SegmentationError) {
    let points = try timings.measure(\.voxelization) { () throws(SegmentationError) in
      try CloudSubset(cloud, excluding: section.excludedLASCodes, on: threads)
    }
    guard points.count > 0 else {
      (voxelUnit, centers, features) = (1, [], FeatureColumns([]))
      voxelOfPoint = [Int32](repeating: -1, count: cloud.count)
      return
    }
    let unit = try timings.measure(\.voxelization) { () throws(SegmentationError) in
      try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
        try section.voxel.meters(for: points.positions, on: threads)
      }
    }
    let needsHeight = section.features.contains { $0.feature.needsHeightAboveGround }
    let height = try timings.measure(\.heightAboveGround) { () throws(SegmentationError) in
      try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
        needsHeight
          ? try HeightAboveGround(
            of: points.positions, voxelUnit: unit, section: section.heightAboveGround, on: threads)
          : nil
      }
    }
    let grid = try timings.measure(\.voxelization) { () throws(SegmentationError) in
      try Self.voxelGrid(points, unit: unit, levels: section.levels, on: threads)
    }
    let heightOfPoint: (@Sendable (Int) -> Double)? =
      if let height { { height[$0] } } else { nil }
    voxelUnit = unit
    centers = grid.centers
    features = try timings.measure(\.features) { () throws(SegmentationError) in
      try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
        try VoxelFeatures(
          section,
          of: PointFeatureValues(
            points: points, heightAboveGround: heightOfPoint, voxelUnit: unit),
          grid: grid, on: threads
        ).columns()
      }
    }
    guard let kept = points.pointIndices else {
      voxelOfPoint = grid.voxelOfPoint
      return
    }
    var voxelOfPoint = [Int32](repeating: -1, count: cloud.count)
    for (point, voxel) in zip(kept, grid.voxelOfPoint) { voxelOfPoint[Int(point)] = voxel }
    self.voxelOfPoint = voxelOfPoint
  }

  /// The most voxels along an axis that any level may have, well below what `VoxelGrid` can number:
  /// the windows' grids, whose borders are rounded otherwise, cannot fail where this holds.
  private static let mostVoxelsAlongAxis = Double(1 << 30)

  /// The voxels of the finest level.
  private static func voxelGrid(
    _ points: CloudSubset, unit: Double, levels: [PyramidLevel], on threads: WorkSharing
  ) throws(SegmentationError) -> VoxelGrid {
    let smallestEdge = unit * (levels.map(\.voxelEdge).min() ?? 1)
    guard points.extent <= smallestEdge * mostVoxelsAlongAxis else {
      throw .extentTooLarge(meters: points.extent, atMost: smallestEdge * mostVoxelsAlongAxis)
    }
    return try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try VoxelGrid(points.positions, size: unit * levels[0].voxelEdge, on: threads)
    }
  }
}
