import Models
import PointClouds

/// The levels of one window after the other, built as far as they are asked for, in the same memory
/// as far as it goes.
///
/// Level 0 holds the window's voxels, each further level the voxel means of the one before.
struct WindowPyramid: Sendable {
  private struct Level: Sendable {
    /// `[points, 3]`, voxel units, relative to the window's origin.
    var positions: [Double] = []
    /// The same as the graph sees them.
    var float32Positions: [Float] = []
    /// Of `float32Positions`, once it was asked for, and until then of an earlier window.
    var index: NeighborIndex?
    var isIndexed = false
  }

  private var levels: [Level] = []
  /// `[levels][points of the level before]`: the point of the level that each belongs to.
  private var voxelOfPoint: [[Int32]] = []
  /// How many levels are those of the window at hand.
  private var builtCount = 0
  private var voxels = VoxelMeans()

  /// Places the voxels of a window.
  mutating func begin(_ selection: WindowSelection, of scene: VoxelScene) {
    if levels.isEmpty { appendLevel() }
    levels[0].positions.removeAll(keepingCapacity: true)
    levels[0].positions.reserveCapacity(selection.voxels.count * 3)
    for voxel in selection.voxels {
      for axis in 0..<3 {
        let center = scene.centers[3 * Int(voxel) + axis]
        levels[0].positions.append((center - selection.origin[axis]) / scene.voxelUnit)
      }
    }
    builtCount = 0
    finishLevel()
  }

  /// Makes one input of the graph for the window.
  mutating func make(
    _ input: WindowInput, of selection: WindowSelection, scene: VoxelScene,
    levels pyramid: [PyramidLevel], into tensor: inout HostTensor
  ) {
    switch input.content {
    case .features:
      tensor.setFloats { scene.features.append(selection.voxels, to: &$0) }
    case .positions(let level):
      build(level, of: pyramid)
      tensor.setFloats { $0.append(contentsOf: levels[level].float32Positions) }
    case .neighbors(let level):
      setNearest(input.width, in: level, to: level, of: pyramid, in: &tensor)
    case .finerNeighbors(let level):
      setNearest(input.width, in: level, to: level + 1, of: pyramid, in: &tensor)
    case .coarserNeighbors(let level):
      setNearest(input.width, in: level + 1, to: level, of: pyramid, in: &tensor)
    }
    input.setShape(of: &tensor)
  }

  /// `[points of queryLevel, count]`: the nearest points of `level`.
  private mutating func setNearest(
    _ count: Int, in level: Int, to queryLevel: Int, of pyramid: [PyramidLevel],
    in tensor: inout HostTensor
  ) {
    build(max(level, queryLevel), of: pyramid)
    let (index, queries) = (index(of: level), index(of: queryLevel))
    tensor.setIntegers { index.appendNearest(count, to: queries, to: &$0) }
  }

  /// Coarser levels take the order of their index from the finer ones: only the first is sorted.
  private mutating func index(of level: Int) -> NeighborIndex {
    if levels[level].isIndexed, let index = levels[level].index { return index }
    let points = levels[level].float32Positions
    if level == 0 {
      NeighborIndex.renew(&levels[level].index, points, dimensions: 3)
    } else {
      let finer = index(of: level - 1)
      NeighborIndex.renew(
        &levels[level].index, points, coarserThan: finer, coarserPoints: voxelOfPoint[level])
    }
    levels[level].isIndexed = true
    return index(of: level)
  }

  private mutating func build(_ level: Int, of pyramid: [PyramidLevel]) {
    while builtCount <= level {
      if levels.count == builtCount { appendLevel() }
      // The scene has checked every level's number of voxels.
      voxels.find(
        of: levels[builtCount - 1].positions, size: pyramid[builtCount].voxelEdge,
        into: &levels[builtCount].positions, voxelOfPoint: &voxelOfPoint[builtCount])
      finishLevel()
    }
  }

  private mutating func appendLevel() {
    levels.append(Level())
    voxelOfPoint.append([])
  }

  /// Completes a level that has its positions.
  private mutating func finishLevel() {
    levels[builtCount].float32Positions.removeAll(keepingCapacity: true)
    levels[builtCount].float32Positions.append(
      contentsOf: levels[builtCount].positions.lazy.map { Float($0) })
    levels[builtCount].isIndexed = false
    builtCount += 1
  }
}
