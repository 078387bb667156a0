import Batching
import Locking
import PointClouds
import Testing

struct VoxelGridTests {
  /// The definition, by sorting cells.
  struct Reference {
    var voxelOfPoint: [Int32] = []
    var pointCounts: [Int32] = []
    var centers: [Double] = []

    init(_ positions: [Double], size: Double) {
      let rows = stride(from: 0, to: positions.count, by: 3).map { Array(positions[$0..<$0 + 3]) }
      let origin = (0..<3).map { axis in rows.map { $0[axis] }.reduce(.infinity, min) }
      let cells = rows.map { row in (0..<3).map { ((row[$0] - origin[$0]) / size).rounded(.down) } }
      let occupied = Set(cells).sorted { $0.lexicographicallyPrecedes($1) }
      for cell in cells { voxelOfPoint.append(Int32(occupied.firstIndex(of: cell) ?? -1)) }
      for voxel in occupied.indices {
        let members = rows.indices.filter { voxelOfPoint[$0] == voxel }
        pointCounts.append(Int32(members.count))
        for axis in 0..<3 {
          centers.append(members.reduce(0.0) { $0 + rows[$1][axis] } / Double(members.count))
        }
      }
    }
  }

  @Test(arguments: NeighborIndexTests.Layout.allCases, [0.05, 0.6, 7.0, 1e4])
  func `voxels are numbered by cell and hold the mean of their points`(
    layout: NeighborIndexTests.Layout, size: Double
  ) throws {
    let positions = layout.positions(150, dimensions: 3, seed: 11)
    guard layout != .outlier || size > 1 else { return }
    let grid = try VoxelGrid(LocalPositions(positions), size: size)
    let expected = Reference(positions, size: size)
    #expect(grid.voxelOfPoint == expected.voxelOfPoint)
    #expect(grid.pointCounts == expected.pointCounts)
    #expect(grid.centers == expected.centers)
    #expect(grid.count == expected.pointCounts.count)
  }

  @Test(arguments: NeighborIndexTests.Layout.allCases, [0.05, 0.6, 7.0, 1e4])
  func `voxels found one after the other are those of grids`(
    layout: NeighborIndexTests.Layout, size: Double
  ) throws {
    guard layout != .outlier || size > 1 else { return }
    var voxels = VoxelMeans()
    var means: [Double] = []
    var voxelOfPoint: [Int32] = []
    for pointCount in [150, 1, 400, 20] {
      let positions = layout.positions(pointCount, dimensions: 3, seed: 11)
      voxels.find(of: positions, size: size, into: &means, voxelOfPoint: &voxelOfPoint)
      let grid = try VoxelGrid(LocalPositions(positions), size: size)
      #expect(means == grid.centers)
      #expect(voxelOfPoint == grid.voxelOfPoint)
    }
  }

  @Test func `some points of a cloud are where they are in it, less the offset`() throws {
    let cloud = try PointCloud(positions: [5, 6, 7, 1, 2, 3, 8, 9, 10])
    let some = LocalPositions(cloud, points: [0, 2], less: SIMD3(5, 5, 5))
    #expect(some.count == 2)
    #expect([some[0], some[1]] == [SIMD3(0, 1, 2), SIMD3(3, 4, 5)])
    #expect([some.point(at: 0), some.point(at: 1)] == [0, 2])
    let all = LocalPositions(cloud, points: nil, less: .zero)
    #expect(all.count == 3)
    #expect(all[1] == SIMD3(1, 2, 3))
  }

  @Test func `cells too many for one key along three axes are still ordered`() throws {
    let far = 1e9
    let positions = [
      far, far, far, 0, 0, 0, far, far, 0, 0, far, far, far, 0, far, 0, 0, far, 1, 0, 0,
      0.25, 0, 0,
    ]
    let grid = try VoxelGrid(LocalPositions(positions), size: 1)
    let expected = Reference(positions, size: 1)
    #expect(grid.voxelOfPoint == expected.voxelOfPoint)
    #expect(grid.centers == expected.centers)
  }

  /// Cells that are counted, and sorted by ever longer numbers.
  @Test(arguments: [1.0, 1e-4, 1e-7])
  func `a grid that nobody wants any more is abandoned at every step`(size: Double) throws {
    let positions = NeighborIndexTests.Layout.uniform.positions(20_000, dimensions: 3, seed: 4)
    let pool = try TaskPool(threadCount: 2, name: "test")
    defer { pool.finish() }
    let countdown = Countdown()
    let threads = WorkSharing(pool: pool) { countdown.next() }
    countdown.start(at: .max)
    let whole = try VoxelGrid(LocalPositions(positions), size: size, on: threads)
    #expect(whole.centers == (try VoxelGrid(LocalPositions(positions), size: size).centers))
    let stepCount = countdown.steps
    #expect(stepCount > 8)
    for step in 0..<(stepCount / 2) {
      countdown.start(at: step)
      #expect(throws: WorkAbandoned.self) {
        _ = try VoxelGrid(LocalPositions(positions), size: size, on: threads)
      }
    }
  }

  /// Says yes so many times, and no from then on.
  private final class Countdown: Sendable {
    private let state = Lock((left: 0, steps: 0))

    var steps: Int { state.withLock { $0.steps } }

    func start(at left: Int) { state.withLock { $0 = (left, 0) } }

    func next() -> Bool {
      state.withLock { state in
        state.steps += 1
        state.left -= 1
        return state.left >= 0
      }
    }
  }

  @Test func `a value of the points is averaged per voxel`() throws {
    let grid = try VoxelGrid(LocalPositions([0, 0, 0, 5, 0, 0, 0.5, 0, 0]), size: 1)
    let values = [1.0, 7, 2]
    #expect(try grid.means { values[$0] } == [1.5, 7])
  }
}
