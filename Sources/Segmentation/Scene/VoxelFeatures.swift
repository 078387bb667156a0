import Batching
import Models
import PointClouds

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Measures the channels of the graph's input `F` for the voxels of a cloud.
struct VoxelFeatures: Sendable {
  private let points: PointFeatureValues
  private let grid: VoxelGrid
  /// `nil` where no channel needs them.
  private let neighborhoods: Neighborhoods?
  private let channels: [FeatureChannel]
  private let threads: WorkSharing

  /// Prepares what the channels of a section need.
  ///
  /// - Throws: `WorkAbandoned`.
  init(
    _ section: SegmentationSection, of points: PointFeatureValues, grid: VoxelGrid,
    on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    channels = section.features
    self.points = points
    self.grid = grid
    self.threads = threads
    let needsNeighbors = channels.contains {
      $0.feature.isOfNeighborhood || $0.average == .neighborhood
    }
    neighborhoods =
      needsNeighbors
      ? try Neighborhoods(
        grid.centers, neighborCount: section.neighborhoodCount, on: threads) : nil
  }

  /// A feature before it is clipped.
  private enum Means {
    /// One value that all voxels share.
    case constant(Double)
    /// `[voxels]`.
    case perVoxel([Double])
    /// The cloud lacks the attribute.
    case missing
  }

  /// All channels; a feature is measured once for the channels that share it, and only one at a time
  /// is held as measured.
  ///
  /// - Throws: `WorkAbandoned`.
  func columns() throws(WorkAbandoned) -> FeatureColumns {
    var columns = [FeatureColumns.Column?](repeating: nil, count: channels.count)
    for (first, channel) in channels.enumerated() where columns[first] == nil {
      let means = try means(of: channel.feature, average: channel.average)
      for (index, other) in channels.enumerated()
      where other.feature == channel.feature && other.average == channel.average {
        columns[index] = try column(other, of: means)
      }
    }
    return FeatureColumns(columns.compactMap { $0 })
  }

  private func column(
    _ channel: FeatureChannel, of means: Means
  ) throws(WorkAbandoned) -> FeatureColumns.Column {
    switch means {
    case .missing: .constant(Float(channel.defaultValue))
    case .constant(let value): .constant(Float(channel.scaled(value)))
    case .perVoxel(let means):
      .perVoxel(
        try threads.rows(grid.count, of: Float.self, grain: 8192) { voxels, column in
          for (place, voxel) in voxels.enumerated() {
            column[place] = Float(channel.scaled(means[voxel]))
          }
        })
    }
  }

  private func means(
    of feature: PointFeature, average: FeatureAverage
  ) throws(WorkAbandoned) -> Means {
    let means: [Double]
    if feature.isOfNeighborhood {
      guard let neighborhoods else { preconditionFailure("the channels were looked through") }
      means = neighborhoods.values(
        of: feature, heights: feature == .heightDeviation ? try meanHeights() : [])
    } else {
      switch points.values(of: feature) {
      case .missing: return .missing
      case .constant(let value): return .constant(value)
      case .perPoint(let value): means = try grid.means(on: threads, of: value)
      }
    }
    guard average == .neighborhood, let neighborhoods else { return .perVoxel(means) }
    return .perVoxel(neighborhoods.means(of: means))
  }

  /// `[voxels]`: height above ground, meters.
  private func meanHeights() throws(WorkAbandoned) -> [Double] {
    guard let height = points.heightAboveGround else {
      preconditionFailure("the features were looked through for this one")
    }
    return try grid.means(on: threads, of: height)
  }
}

extension FeatureChannel {
  /// The channel's value for a voxel with this mean.
  fileprivate func scaled(_ mean: Double) -> Double {
    let clipped = min(max(mean, minimum), maximum)
    return switch transform {
    case .identity: clipped / divisor
    case .squareRoot: max(clipped, 0).squareRoot() / divisor
    case .logarithm: log1p(max(clipped, 0)) / divisor
    }
  }
}
