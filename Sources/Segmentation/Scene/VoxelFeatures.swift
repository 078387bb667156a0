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
  /// `[voxels]`: meters; empty where no channel needs it of voxels.
  private let heights: [Double]
  private let channels: [FeatureChannel]

  /// Prepares what the channels of a section need.
  ///
  /// `heightsAboveGround` are the points', `[points]`, or empty if no channel needs them. Throws
  /// `WorkAbandoned`.
  init(
    _ section: SegmentationSection, of points: PointFeatureValues, heightsAboveGround: [Double],
    grid: VoxelGrid, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    channels = section.features
    self.points = points
    self.grid = grid
    let needsNeighbors = channels.contains {
      $0.feature.isOfNeighborhood || $0.average == .neighborhood
    }
    neighborhoods =
      needsNeighbors
      ? try Neighborhoods(
        grid.centers, neighborCount: section.neighborhoodCount, on: threads) : nil
    let needsHeights = channels.contains { $0.feature == .heightDeviation }
    heights = needsHeights ? grid.means(of: heightsAboveGround) : []
  }

  /// `[voxels, channels]`.
  ///
  /// - Throws: `WorkAbandoned`.
  func values(on threads: WorkSharing = .alone) throws(WorkAbandoned) -> [Float] {
    let channels = channels
    let measured = try threads.map(channels.count) { values(of: channels[$0]) }
    return try threads.rows(
      grid.count, width: channels.count, of: Float.self, grain: 8192
    ) { voxels, features in
      for (column, channel) in channels.enumerated() {
        var place = column
        switch measured[column] {
        case .missing:
          for _ in voxels {
            features[place] = Float(channel.defaultValue)
            place += channels.count
          }
        case .constant(let value):
          for _ in voxels {
            features[place] = Float(channel.scaled(value))
            place += channels.count
          }
        case .perPoint(let means):
          for voxel in voxels {
            features[place] = Float(channel.scaled(means[voxel]))
            place += channels.count
          }
        }
      }
    }
  }

  /// A channel before it is clipped, `[voxels]` where voxels differ.
  private func values(of channel: FeatureChannel) -> PointFeatureValues.Values {
    let means: [Double]
    if channel.feature.isOfNeighborhood {
      guard let neighborhoods else { preconditionFailure("the channels were looked through") }
      means = neighborhoods.values(of: channel.feature, heights: heights)
    } else {
      guard case .perPoint(let values) = points.values(of: channel.feature) else {
        return points.values(of: channel.feature)
      }
      means = grid.means(of: values)
    }
    guard channel.average == .neighborhood, let neighborhoods else { return .perPoint(means) }
    return .perPoint(neighborhoods.means(of: means))
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
