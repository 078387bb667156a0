import CKernels
import Testing

/// Nearest neighbors of every instruction set against a full search in the test itself.
struct NearestNeighborTests {
  enum Arrangement: CaseIterable { case spread, lattice, coincident, line }

  struct Case: Sendable, CustomTestStringConvertible {
    var count: Int
    var dimensions: Int
    var arrangement: Arrangement
    var testDescription: String { "\(count) points in \(dimensions)-D, \(arrangement)" }
  }

  static let cases: [Case] = Arrangement.allCases.flatMap { arrangement in
    [(1, 3), (2, 2), (16, 1), (17, 3), (300, 3)].map {
      Case(count: $0.0, dimensions: $0.1, arrangement: arrangement)
    }
  }

  private struct Neighbors: Equatable {
    var indices: [Int32]
    var squaredDistances: [Float]
  }

  /// Points, and queries among and beside them.
  private struct Clouds {
    let dimensions: Int
    let points: [Float]
    let queries: [Float]

    init(_ description: Case) {
      var random = Random(seed: UInt64(description.count))
      dimensions = description.dimensions
      let width = dimensions
      let values = random.floats(description.count * width, scale: 10)
      points =
        switch description.arrangement {
        case .spread: values
        case .lattice: values.map { ($0 / 4).rounded() }
        case .coincident: values.map { _ in 0.5 }
        case .line: values.indices.map { $0 % width == 0 ? values[$0] : 0 }
        }
      queries = Array(points.prefix(3 * width)) + random.floats(4 * width, scale: 30)
    }

    /// Sorted by squared distance in float32, then by index.
    func fullSearch(_ queries: [Float], k: Int, radius: Float) -> Neighbors {
      var found = Neighbors(indices: [], squaredDistances: [])
      for start in stride(from: 0, to: queries.count, by: dimensions) {
        let candidates = (0..<points.count / dimensions)
          .map { index -> (squared: Float, index: Int32) in
            let squares = (0..<dimensions).map { axis -> Float in
              let difference = points[index * dimensions + axis] - queries[start + axis]
              return difference * difference
            }
            return (squares.reduce(0, +), Int32(index))
          }
          .filter { $0.squared <= radius * radius }
          .sorted { ($0.squared, $0.index) < ($1.squared, $1.index) }
        for rank in 0..<k {
          let isFound = rank < candidates.count
          found.indices.append(isFound ? candidates[rank].index : -1)
          found.squaredDistances.append(isFound ? candidates[rank].squared : .infinity)
        }
      }
      return found
    }

    /// The neighbors of `queries`, or of the points themselves in two ranges.
    func search(
      _ isa: String, queries: [Float]?, k: Int, radius: Float
    ) throws -> Neighbors {
      let memory = Memory(points, offset: 1)
      let count = points.count / dimensions
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_knn_create(count, dimensions, memory.pointer)
      }
      let knn = try unsafe #require(created)
      defer { unsafe ckernels_knn_destroy(knn) }
      let rows = queries.map { $0.count / dimensions } ?? count
      let indices = Memory([Int32](repeating: .min, count: rows * k))
      let squared = Memory<Float>(count: rows * k)
      if let queries {
        unsafe ckernels_knn_query(knn, rows, queries, k, radius, indices.pointer, squared.pointer)
      } else {
        unsafe ckernels_knn_query_self(
          knn, 0, count / 2, k, radius, indices.pointer, squared.pointer)
        unsafe ckernels_knn_query_self(
          knn, count / 2, count, k, radius, indices.pointer, squared.pointer)
      }
      #expect(indices.isIntact && squared.isIntact)
      return Neighbors(indices: indices.values, squaredDistances: squared.values)
    }
  }

  @Test(arguments: cases) func `neighbors are those of a full search`(description: Case) throws {
    let clouds = Clouds(description)
    for (k, radius) in [(1, .infinity), (16, .infinity), (33, 4), (64, 0), (150, .infinity)]
      as [(Int, Float)]
    {
      let expected = clouds.fullSearch(clouds.queries, k: k, radius: radius)
      for isa in InstructionSet.names {
        let found = try clouds.search(isa, queries: clouds.queries, k: k, radius: radius)
        #expect(found == expected, "\(isa), k = \(k), radius \(radius)")
      }
    }
  }

  @Test func `points find themselves and their neighbors`() throws {
    for arrangement in Arrangement.allCases {
      let clouds = Clouds(Case(count: 90, dimensions: 3, arrangement: arrangement))
      let expected = clouds.fullSearch(clouds.points, k: 9, radius: .infinity)
      for isa in InstructionSet.names {
        let found = try clouds.search(isa, queries: nil, k: 9, radius: .infinity)
        #expect(found == expected, "\(isa), \(arrangement)")
      }
    }
  }

  @Test func `the order of the index holds every point once`() throws {
    var random = Random(seed: 11)
    let points = random.floats(3 * 1000)
    let created = unsafe ckernels_knn_create(1000, 3, points)
    let knn = try unsafe #require(created)
    defer { unsafe ckernels_knn_destroy(knn) }
    var order = [Int32](repeating: -1, count: 1000)
    unsafe ckernels_knn_order(knn, &order)
    #expect(order.sorted() == Array(0..<1000))
  }

  @Test func `an empty index has no neighbors`() throws {
    let created = unsafe ckernels_knn_create(0, 3, [0])
    let knn = try unsafe #require(created)
    defer { unsafe ckernels_knn_destroy(knn) }
    var indices: [Int32] = [7, 7]
    unsafe ckernels_knn_query(knn, 1, [1, 2, 3], 2, .infinity, &indices, nil)
    #expect(indices == [-1, -1])
  }
}
