import Batching
import Models
import PointClouds

/// The levels of one window, built as far as they are asked for.
///
/// Level 0 holds the window's voxels, each further level the voxel means of the one before.
struct WindowPyramid {
  private let levels: [PyramidLevel]
  /// `[levels built][points of the level, 3]`, voxel units, relative to the window's origin.
  private var positions: [[Double]]
  /// Of the positions as the graph sees them, in float32.
  private var indices: [Int: NeighborIndex] = [:]

  /// Places the voxels of a window.
  init(_ selection: WindowSelection, of scene: VoxelScene, levels: [PyramidLevel]) {
    self.levels = levels
    var finest: [Double] = []
    finest.reserveCapacity(selection.voxels.count * 3)
    for voxel in selection.voxels {
      for axis in 0..<3 {
        let center = scene.centers[3 * Int(voxel) + axis]
        finest.append((center - selection.origin[axis]) / scene.voxelUnit)
      }
    }
    positions = [finest]
  }

  /// What one input of the graph holds for this window.
  mutating func values(
    of input: WindowInput, selection: WindowSelection, scene: VoxelScene
  ) -> HostTensor.Values {
    switch input.content {
    case .features:
      var features: [Float] = []
      features.reserveCapacity(selection.voxels.count * input.width)
      for voxel in selection.voxels {
        let start = Int(voxel) * input.width
        features += scene.features[start..<(start + input.width)]
      }
      return .float32(features)
    case .positions(let level):
      return .float32(float32Positions(of: level))
    case .neighbors(let level):
      return .int32(nearest(input.width, in: level, to: level))
    case .finerNeighbors(let level):
      return .int32(nearest(input.width, in: level, to: level + 1))
    case .coarserNeighbors(let level):
      return .int32(nearest(input.width, in: level + 1, to: level))
    }
  }

  /// `[points of queryLevel, count]`: the nearest points of `level`.
  private mutating func nearest(_ count: Int, in level: Int, to queryLevel: Int) -> [Int32] {
    index(of: level).nearest(count, to: index(of: queryLevel))
  }

  private mutating func index(of level: Int) -> NeighborIndex {
    if let index = indices[level] { return index }
    let index = NeighborIndex(float32Positions(of: level), dimensions: 3)
    indices[level] = index
    return index
  }

  private mutating func float32Positions(of level: Int) -> [Float] {
    positions(of: level).map { Float($0) }
  }

  private mutating func positions(of level: Int) -> [Double] {
    while positions.count <= level {
      let edge = levels[positions.count].voxelEdge
      do throws(WorkAbandoned) {
        // The scene has checked every level's number of voxels.
        positions.append(try VoxelGrid(positions[positions.count - 1], size: edge).centers)
      } catch {
        preconditionFailure("what one thread does alone is always wanted")
      }
    }
    return positions[level]
  }
}
