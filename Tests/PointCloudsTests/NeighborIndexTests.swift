import PointClouds
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

  /// Every squared distance, sorted with its index.
  static func bruteForce(
    _ positions: [Double], _ queries: [Double], dimensions: Int, neighborCount: Int
  ) -> (indices: [Int32], squaredDistances: [Double]) {
    let count = positions.count / dimensions
    var indices: [Int32] = []
    var squaredDistances: [Double] = []
    for query in 0..<queries.count / dimensions {
      let candidates = (0..<count).map { row in
        let squares = (0..<dimensions).map { axis in
          let difference = positions[row * dimensions + axis] - queries[query * dimensions + axis]
          return difference * difference
        }
        return (squaredDistance: squares.reduce(0, +), index: Int32(row))
      }.sorted { ($0.squaredDistance, $0.index) < ($1.squaredDistance, $1.index) }
      let nearest = candidates.prefix(neighborCount)
      let missing = neighborCount - nearest.count
      indices += nearest.map(\.index) + [Int32](repeating: Int32(count - 1), count: missing)
      squaredDistances +=
        nearest.map(\.squaredDistance) + [Double](repeating: .infinity, count: missing)
    }
    return (indices, squaredDistances)
  }

  @Test(arguments: Layout.allCases, [2, 3])
  func `every point's neighbors equal those of an exhaustive search`(
    layout: Layout, dimensions: Int
  ) {
    for (count, neighborCount) in [(1, 1), (12, 5), (13, 13), (100, 16), (160, 64)] {
      let positions = layout.positions(count, dimensions: dimensions, seed: UInt64(count))
      let index = NeighborIndex(positions, dimensions: dimensions)
      let queries = Array(positions.prefix(25 * dimensions))
      let found = index.nearestWithSquaredDistances(neighborCount, to: queries)
      let expected = Self.bruteForce(
        positions, queries, dimensions: dimensions, neighborCount: neighborCount)
      #expect(found.indices == expected.indices, "\(count) points")
      #expect(found.squaredDistances == expected.squaredDistances, "\(count) points")
      #expect(index.nearest(neighborCount, to: queries) == expected.indices)
    }
  }

  @Test(arguments: Layout.allCases, [0.1, 1, 20])
  func `a spacing changes no answer`(layout: Layout, spacing: Double) {
    for (count, neighborCount) in [(1, 1), (12, 16), (300, 16), (300, 70)] {
      let positions = layout.positions(count, dimensions: 3, seed: UInt64(count))
      let queries =
        Array(positions.prefix(75)) + Layout.uniform.positions(20, dimensions: 3, seed: 5)
      let found = NeighborIndex(positions, spacing: spacing)
        .nearestWithSquaredDistances(neighborCount, to: queries)
      let expected = NeighborIndex(positions, dimensions: 3)
        .nearestWithSquaredDistances(neighborCount, to: queries)
      #expect(found.indices == expected.indices, "\(count) points")
      #expect(found.squaredDistances == expected.squaredDistances, "\(count) points")
    }
  }

  @Test(arguments: Layout.allCases, [2, 3])
  func `queries may differ from the points`(layout: Layout, dimensions: Int) {
    let positions = layout.positions(200, dimensions: dimensions, seed: 3)
    let queries =
      layout.positions(20, dimensions: dimensions, seed: 4)
      + Layout.uniform.positions(20, dimensions: dimensions, seed: 5)
    let found = NeighborIndex(positions, dimensions: dimensions).nearest(7, to: queries)
    #expect(
      found
        == Self.bruteForce(positions, queries, dimensions: dimensions, neighborCount: 7).indices)
  }

  @Test func `many neighbors come ordered by distance, then by index`() {
    let positions = Layout.lattice.positions(1500, dimensions: 2, seed: 6)
    let queries = [25.0, 25.0, 0, 0, -1e6, 3]
    let found = NeighborIndex(positions, dimensions: 2).nearest(1200, to: queries)
    #expect(
      found == Self.bruteForce(positions, queries, dimensions: 2, neighborCount: 1200).indices)
  }

  @Test func `where points are missing, the last index repeats`() {
    let index = NeighborIndex([0, 0, 0, 1, 0, 0, 0.5, 0, 0], dimensions: 3)
    let found = index.nearestWithSquaredDistances(5, to: [1, 0, 0])
    #expect(found.indices == [1, 2, 0, 2, 2])
    #expect(found.squaredDistances == [0, 0.25, 1, .infinity, .infinity])
  }

  @Test func `no queries give no neighbors`() {
    #expect(NeighborIndex([1, 2], dimensions: 2).nearest(3, to: []).isEmpty)
  }

  @Test func `a pattern made against the median of three still divides`() {
    // Organ pipes with many equal values, the classic bad case of quickselect.
    let count = 4000
    let positions = (0..<count).flatMap { [Double(min($0, count - $0) / 3), 0.0, 0.0] }
    let queries = Array(positions.prefix(9))
    let found = NeighborIndex(positions, dimensions: 3).nearest(4, to: queries)
    #expect(
      found == Self.bruteForce(positions, queries, dimensions: 3, neighborCount: 4).indices)
  }
}
