import CKernels
import Testing

/// Neighbor grids of every instruction set against a full search in the test itself.
struct NeighborGridTests {
  enum Arrangement: CaseIterable { case spread, surface, lattice, duplicated, line, farAway, tiny }

  private static func positions(_ count: Int, _ arrangement: Arrangement, seed: UInt64) -> [Double]
  {
    var random = Random(seed: seed)
    return (0..<count).flatMap { row in
      (0..<3).map { axis -> Double in
        let value = Double.random(in: 0..<8, using: &random)
        return switch arrangement {
        case .spread: value
        case .surface: axis == 2 ? value / 100 : 3 * value
        case .lattice: value.rounded(.down)
        case .duplicated: Double((row / 3 * 7919 + axis * 31) % 17)
        case .line: axis == 1 ? 10 * value : 2
        case .farAway: 5e6 + value
        // Differences that a key rounds away.
        case .tiny: axis == 0 ? (8 * value).rounded(.down) * (1 + Double(row % 3) * 1e-15) : 0
        }
      }
    }
  }

  /// Sorted by squared distance in float64, then by index.
  private static func fullSearch(
    _ points: [Double], _ queries: [Double], k: Int
  ) -> (indices: [Int32], squaredDistances: [Double]) {
    var indices: [Int32] = []
    var squaredDistances: [Double] = []
    for start in stride(from: 0, to: queries.count, by: 3) {
      let candidates = (0..<points.count / 3).map { index -> (squared: Double, index: Int32) in
        let dx = points[3 * index] - queries[start]
        let dy = points[3 * index + 1] - queries[start + 1]
        let dz = points[3 * index + 2] - queries[start + 2]
        return (dx * dx + dy * dy + dz * dz, Int32(index))
      }
      .sorted { ($0.squared, $0.index) < ($1.squared, $1.index) }
      indices += candidates.prefix(k).map(\.index)
      squaredDistances += candidates.prefix(k).map(\.squared)
    }
    return (indices, squaredDistances)
  }

  /// Searches with one instruction set; `nil` where there is no grid.
  private static func search(
    _ isa: String, _ points: [Double], _ queries: [Double], k: Int, cellEdge: Double
  ) throws -> (indices: [Int32], squaredDistances: [Double])? {
    let created = try unsafe InstructionSet.with(isa) {
      unsafe ckernels_neighbor_grid_create(points.count / 3, points, cellEdge)
    }
    guard let grid = unsafe created else { return nil }
    defer { unsafe ckernels_neighbor_grid_destroy(grid) }
    let rows = queries.count / 3
    let indices = Memory([Int32](repeating: .min, count: rows * k))
    let squared = Memory([Double](repeating: -1, count: rows * k), guardValue: -1)
    let isDone = unsafe ckernels_neighbor_grid_query(
      grid, rows, queries, k, indices.pointer, squared.pointer)
    #expect(isDone && indices.isIntact && squared.isIntact)
    return (indices.values, squared.values)
  }

  @Test(arguments: Arrangement.allCases)
  func `neighbors are those of a full search`(arrangement: Arrangement) throws {
    for (count, k) in [(1, 1), (9, 8), (40, 16), (300, 1), (300, 16), (300, 17), (300, 64)] {
      let points = Self.positions(count, arrangement, seed: UInt64(count))
      let queries =
        points.prefix(30) + Self.positions(9, .spread, seed: 3) + [1e9, 4, 4, -50, -7, 1e300]
      let expected = Self.fullSearch(points, Array(queries), k: k)
      for isa in InstructionSet.names {
        for cellEdge in [0.7, 3] {
          let found = try Self.search(isa, points, Array(queries), k: k, cellEdge: cellEdge)
          // A grid of fine cells for few points may decline.
          guard let found else {
            #expect(cellEdge < 1 || count < 100)
            continue
          }
          #expect(found.indices == expected.indices, "\(isa), \(count) points, k = \(k)")
          #expect(
            found.squaredDistances == expected.squaredDistances,
            "\(isa), \(count) points, k = \(k)")
        }
      }
    }
  }

  @Test func `more points may be candidates than a key can number`() throws {
    let points = Self.positions(5000, .spread, seed: 8)
    // From so far away no cell can be left out.
    let queries = [1e9, 4, 4, 4, 4, 4]
    let expected = Self.fullSearch(points, queries, k: 20)
    for isa in InstructionSet.names {
      let found = try Self.search(isa, points, queries, k: 20, cellEdge: 1.6)
      #expect(found?.indices == expected.indices, "\(isa)")
      #expect(found?.squaredDistances == expected.squaredDistances, "\(isa)")
    }
  }

  struct Useless: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var points: [Double]
    var cellEdge: Double
  }

  static let useless: [Useless] = [
    Useless(
      testDescription: "an outlier far away", points: [0, 0, 0, 1, 1, 1, 1e9, 0, 0], cellEdge: 1),
    Useless(
      testDescription: "an extent beyond float64", points: [-1e308, 0, 0, 1e308, 0, 0],
      cellEdge: 1),
    Useless(
      testDescription: "two corners of a large cube", points: [0, 0, 0, 900, 900, 900],
      cellEdge: 1),
    Useless(
      testDescription: "all points in one cell",
      points: [Double](repeating: 0.25, count: 3 * 1000), cellEdge: 1),
  ]

  @Test(arguments: useless) func `a grid that would be of no use is not made`(useless: Useless) {
    let grid = unsafe ckernels_neighbor_grid_create(
      useless.points.count / 3, useless.points, useless.cellEdge)
    #expect(unsafe grid == nil)
  }
}
