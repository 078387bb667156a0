import Batching
import PointClouds
import RandomNumbers
import Testing

struct NeighborIndexTests {
  /// Ways to lay points out; the hard ones are degenerate or far from the origin.
  enum Layout: CaseIterable {
    case uniform, duplicated, identical, collinear, clustered, farFromOrigin, outlier, lattice

    func positions(_ count: Int, dimensions: Int, seed: UInt64) -> [Double] {
      var generator = SeededGenerator(seed: seed)
      return (0..<count).flatMap { row in
        (0..<dimensions).map { axis in coordinate(row, axis, using: &generator) }
      }
    }

    private func coordinate(_ row: Int, _ axis: Int, using generator: inout SeededGenerator)
      -> Double
    {
      let value = Double.random(in: 0..<50, using: &generator)
      return switch self {
      case .uniform: value
      case .duplicated: Double((row / 5 * 7919 + axis * 31) % 97)
      case .identical: 3.25
      case .collinear: axis == 0 ? value : 2
      case .clustered: Double(row % 4) * 1000 + value / 1e4
      case .farFromOrigin: 5e6 + value
      case .outlier: row == 17 ? 1e9 : value
      case .lattice: value.rounded(.down) / 8
      }
    }
  }

  /// The nearest by squared distance in float32, then by index.
  static func exhaustive(
    _ positions: [Float], _ queries: [Float], dimensions: Int, neighborCount: Int
  ) -> [Int32] {
    let count = positions.count / dimensions
    return (0..<queries.count / dimensions).flatMap { query in
      let candidates = (0..<count).map { row in
        let squares = (0..<dimensions).map { axis in
          let difference = positions[row * dimensions + axis] - queries[query * dimensions + axis]
          return difference * difference
        }
        return (squaredDistance: squares.reduce(0, +), index: Int32(row))
      }.sorted { ($0.squaredDistance, $0.index) < ($1.squaredDistance, $1.index) }
      let nearest = candidates.prefix(neighborCount).map(\.index)
      return nearest + [Int32](repeating: Int32(count - 1), count: neighborCount - nearest.count)
    }
  }

  @Test(arguments: Layout.allCases, [2, 3])
  func `every point's neighbors equal those of an exhaustive search`(
    layout: Layout, dimensions: Int
  ) {
    for (count, neighborCount) in [(1, 1), (12, 5), (13, 13), (12, 16), (160, 64), (200, 70)] {
      let positions = NeighborIndex.recentered(
        layout.positions(count, dimensions: dimensions, seed: UInt64(count)),
        dimensions: dimensions)
      let index = NeighborIndex(positions, dimensions: dimensions)
      let expected = Self.exhaustive(
        positions, positions, dimensions: dimensions, neighborCount: neighborCount)
      #expect(index.nearest(neighborCount, to: positions) == expected, "\(count) points")
      #expect(index.nearest(neighborCount, to: index) == expected, "\(count) points")
    }
  }

  @Test(arguments: Layout.allCases, [2, 3])
  func `queries may differ from the points`(layout: Layout, dimensions: Int) {
    let all = NeighborIndex.recentered(
      layout.positions(220, dimensions: dimensions, seed: 3)
        + Layout.uniform.positions(20, dimensions: dimensions, seed: 5), dimensions: dimensions)
    let (positions, queries) = (Array(all.prefix(200 * dimensions)), all.suffix(40 * dimensions))
    let index = NeighborIndex(positions, dimensions: dimensions)
    let expected = Self.exhaustive(
      positions, Array(queries), dimensions: dimensions, neighborCount: 7)
    #expect(index.nearest(7, to: Array(queries)) == expected)
    #expect(
      index.nearest(7, to: NeighborIndex(Array(queries), dimensions: dimensions)) == expected)
  }

  @Test func `many neighbors come ordered by distance, then by index`() {
    let positions = Layout.lattice.positions(1500, dimensions: 2, seed: 6).map { Float($0) }
    let queries: [Float] = [25.0, 25.0, 0, 0, -1e6, 3]
    let found = NeighborIndex(positions, dimensions: 2).nearest(1200, to: queries)
    #expect(
      found == Self.exhaustive(positions, queries, dimensions: 2, neighborCount: 1200))
  }

  @Test func `where points are missing, the last index repeats`() {
    let index = NeighborIndex([0, 0, 0, 1, 0, 0, 0.5, 0, 0], dimensions: 3)
    #expect(index.nearest(5, to: [1, 0, 0]) == [1, 2, 0, 2, 2])
    #expect(index.nearest(2, to: [.nan, 0, 0]) == [2, 2])
  }

  @Test func `no queries give no neighbors`() {
    let index = NeighborIndex([1, 2], dimensions: 2)
    #expect(index.nearest(3, to: []).isEmpty)
    #expect(index.nearest(3, to: NeighborIndex([], dimensions: 2)).isEmpty)
  }

  @Test func `recentered positions keep millimeters far from the origin`() {
    let positions = [770_512.123, 6_277_534.001, 40.5, 770_512.124, 6_277_534.002, 40.502]
    let recentered = NeighborIndex.recentered(positions, dimensions: 3)
    #expect(
      zip(recentered, [-0.0005, -0.0005, -0.001, 0.0005, 0.0005, 0.001] as [Float])
        .allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(NeighborIndex.recentered([], dimensions: 3).isEmpty)
  }

  @Test func `several threads make the same index, or none that nobody wants`() throws {
    let positions = Layout.uniform.positions(50_000, dimensions: 3, seed: 8).map { Float($0) }
    let queries = Array(positions.prefix(300))
    let expected = NeighborIndex(positions, dimensions: 3).nearest(9, to: queries)
    let pool = try TaskPool(threadCount: 3, name: "test")
    defer { pool.finish() }
    let shared = try NeighborIndex(positions, dimensions: 3, on: WorkSharing(pool: pool))
    #expect(shared.nearest(9, to: queries) == expected)
    #expect(throws: WorkAbandoned.self) {
      _ = try NeighborIndex(positions, dimensions: 3, on: WorkSharing(pool: pool) { false })
    }
  }

  @Test func `an index that somebody holds stays as it is`() {
    var index: NeighborIndex? = NeighborIndex([0, 0, 0, 1, 0, 0], dimensions: 3)
    let held = index
    NeighborIndex.renew(&index, [5, 6, 7], dimensions: 1)
    #expect(held?.nearest(2, to: [1, 0, 0]) == [1, 0])
    #expect(index?.nearest(2, to: [7]) == [2, 1])
    let renewed = index.map { ObjectIdentifier($0) }
    NeighborIndex.renew(&index, [1, 2, 3, 4], dimensions: 2)
    #expect(index?.nearest(1, to: [3, 5]) == [1])
    #expect(index.map { ObjectIdentifier($0) } == renewed)
  }

  @Test func `a coarser index answers like any other`() {
    let fine = Layout.clustered.positions(500, dimensions: 3, seed: 2).map { Float($0) }
    let coarse = Layout.uniform.positions(40, dimensions: 3, seed: 3).map { Float($0) }
    let finer = NeighborIndex(fine, dimensions: 3)
    var index: NeighborIndex?
    NeighborIndex.renew(
      &index, coarse, coarserThan: finer, coarserPoints: (0..<500).map { Int32($0 % 40) })
    var found: [Int32] = [7]
    index?.appendNearest(4, to: finer, to: &found)
    #expect(
      found.dropFirst().elementsEqual(
        Self.exhaustive(coarse, fine, dimensions: 3, neighborCount: 4)))
    #expect(found.first == 7)
  }
}
