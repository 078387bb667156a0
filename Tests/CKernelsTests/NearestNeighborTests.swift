import CKernels
import RandomNumbers
import Testing

/// Nearest neighbors of every instruction set against a full search in the test itself.
struct NearestNeighborTests {
  enum Arrangement: CaseIterable {
    case spread, lattice, coincident, duplicated, line, clusters, outlier, nested, missing, huge
  }

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
      var random = SeededGenerator(seed: UInt64(description.count))
      dimensions = description.dimensions
      let width = dimensions
      let values = random.floats(description.count * width, scale: 10)
      points =
        switch description.arrangement {
        case .spread: values
        case .lattice: values.map { ($0 / 4).rounded() }
        case .coincident: values.map { _ in 0.5 }
        case .duplicated:
          values.indices.map { Float($0 / width * 7919 % 5 + $0 % width * 3) }
        case .line: values.indices.map { $0 % width == 0 ? values[$0] : 0 }
        case .clusters:
          values.indices.map { ($0 / width % 3 == 0 ? 1e6 : 1e-3) + values[$0] * 1e-4 }
        // All others are in one cell of the curve.
        case .outlier: [Float](repeating: 1e7, count: width) + values.dropFirst(width)
        // Each scale is in one cell of the one before.
        case .nested:
          values.indices.map {
            values[$0] * Float(sign: .plus, exponent: -16 * ($0 / width % 4), significand: 1)
          }
        case .missing: values.indices.map { $0 % 7 == 0 ? .nan : values[$0] }
        // Some squares are not finite.
        case .huge: values.map { $0 * 4e18 }
        }
      queries = Array(points.prefix(20 * width)) + random.floats(20 * width, scale: 30)
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

    /// Where queries come from: from an array, or from an index, in two ranges.
    enum Source { case array, index }

    /// The neighbors of `queries`.
    func search(
      _ isa: String, queries: [Float], from source: Source = .array, k: Int, radius: Float
    ) throws -> Neighbors {
      let knn = try Index(points, dimensions: dimensions, isa: isa)
      let rows = queries.count / dimensions
      let indices = Memory([Int32](repeating: .min, count: rows * k))
      let squared = Memory<Float>(count: rows * k)
      switch source {
      case .array:
        let isDone = unsafe ckernels_knn_query(
          knn.pointer, rows, queries, k, radius, indices.pointer, squared.pointer)
        #expect(isDone)
      case .index:
        let asked = queries == points ? knn : try Index(queries, dimensions: dimensions, isa: isa)
        for range in [0..<rows / 2, rows / 2..<rows] {
          unsafe ckernels_knn_query_across(
            knn.pointer, asked.pointer, range.lowerBound, range.upperBound, k, radius,
            indices.pointer, squared.pointer)
        }
      }
      #expect(indices.isIntact && squared.isIntact)
      return Neighbors(indices: indices.values, squaredDistances: squared.values)
    }
  }

  /// An index that is destroyed with the object.
  @safe private final class Index {
    let pointer: OpaquePointer

    init(_ points: [Float], dimensions: Int, isa: String) throws {
      let memory = Memory(points, offset: 1)
      let created = unsafe ckernels_knn_create()
      unsafe pointer = try #require(created)
      let outcome = try InstructionSet.with(isa) {
        unsafe ckernels_knn_build(
          pointer, points.count / dimensions, dimensions, memory.pointer, nil)
      }
      #expect(outcome == ckernels_knn_built)
    }

    deinit { unsafe ckernels_knn_destroy(pointer) }
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
      for (count, k) in [(90, 9), (400, 16)] {
        let clouds = Clouds(Case(count: count, dimensions: 3, arrangement: arrangement))
        let expected = clouds.fullSearch(clouds.points, k: k, radius: .infinity)
        for isa in InstructionSet.names {
          let found = try clouds.search(
            isa, queries: clouds.points, from: .index, k: k, radius: .infinity)
          #expect(found == expected, "\(isa), \(count) points, \(arrangement)")
        }
      }
    }
  }

  @Test func `points of one index find their neighbors in another one`() throws {
    let clouds = Clouds(Case(count: 2000, dimensions: 3, arrangement: .spread))
    let others = Clouds(Case(count: 61, dimensions: 3, arrangement: .spread))
    for (k, radius) in [(16, Float.infinity), (32, 1), (3, 0.5), (70, 2)] {
      let expected = clouds.fullSearch(others.points, k: k, radius: radius)
      for isa in InstructionSet.names {
        let found = try clouds.search(
          isa, queries: others.points, from: .index, k: k, radius: radius)
        #expect(found == expected, "\(isa), k = \(k), radius \(radius)")
      }
    }
  }

  @Test(arguments: [Arrangement.coincident, .duplicated, .outlier, .nested])
  func `points that lie in few cells find their neighbors`(arrangement: Arrangement) throws {
    let clouds = Clouds(Case(count: 6000, dimensions: 3, arrangement: arrangement))
    let rows = stride(from: 0, to: 6000, by: 487)
    for k in [1, 16, 70] {
      let expected = clouds.fullSearch(
        rows.flatMap { clouds.points[(3 * $0)..<(3 * $0 + 3)] }, k: k, radius: .infinity)
      for isa in InstructionSet.names where isa != "reference" {
        let found = try clouds.search(
          isa, queries: clouds.points, from: .index, k: k, radius: .infinity)
        let indices = rows.flatMap { found.indices[($0 * k)..<(($0 + 1) * k)] }
        #expect(indices == expected.indices, "\(isa), k = \(k)")
      }
    }
  }

  /// More boxes are near than a list holds, and more points are equally far than are collected.
  @Test func `neighbors of far queries and of many coincident points are found`() throws {
    for arrangement in [Arrangement.spread, .lattice, .coincident] {
      let clouds = Clouds(Case(count: 9000, dimensions: 3, arrangement: arrangement))
      let queries: [Float] = [1e4, 0, 0, 0, 0, 0, -5, 4e3, 5]
      for k in [16, 64] {
        let expected = clouds.fullSearch(queries, k: k, radius: .infinity)
        for isa in InstructionSet.names {
          let found = try clouds.search(isa, queries: queries, k: k, radius: .infinity)
          #expect(found == expected, "\(isa), k = \(k), \(arrangement)")
        }
      }
    }
  }

  @Test func `the order of the index holds every point once`() throws {
    var random = SeededGenerator(seed: 11)
    let points = random.floats(3 * 1000)
    let created = unsafe ckernels_knn_create()
    let knn = try unsafe #require(created)
    defer { unsafe ckernels_knn_destroy(knn) }
    #expect(unsafe ckernels_knn_build(knn, 1000, 3, points, nil) == ckernels_knn_built)
    var order = [Int32](repeating: -1, count: 1000)
    unsafe ckernels_knn_order(knn, &order)
    #expect(order.sorted() == Array(0..<1000))
  }

  @Test func `an empty index has no neighbors`() throws {
    let created = unsafe ckernels_knn_create()
    let knn = try unsafe #require(created)
    defer { unsafe ckernels_knn_destroy(knn) }
    var indices: [Int32] = [7, 7]
    #expect(unsafe ckernels_knn_query(knn, 1, [1, 2, 3], 2, .infinity, &indices, nil))
    #expect(indices == [-1, -1])
  }

  /// Runs parts backwards, as long as the number that the context points to is not used up.
  private static let backwards:
    @convention(c) (
      UnsafeMutableRawPointer?, Int, @convention(c) (UnsafeMutableRawPointer, Int) -> Void,
      UnsafeMutableRawPointer
    ) -> Bool = { context, count, part, work in
      guard let left = unsafe context?.assumingMemoryBound(to: Int.self), unsafe left.pointee > 0
      else { return false }
      unsafe left.pointee -= 1
      for number in (0..<count).reversed() { unsafe part(work, number) }
      return true
    }

  /// The order of an index that is built in parts, in at most so many steps; `nil` when it was abandoned.
  private func order(
    of points: [Float], stepCount: Int?, in knn: OpaquePointer
  ) throws -> [Int32]? {
    var left = stepCount ?? 0
    let outcome = unsafe withUnsafeMutablePointer(to: &left) { left in
      var runner = unsafe ckernels_part_runner(context: left, run: Self.backwards)
      return stepCount == nil
        ? unsafe ckernels_knn_build(knn, points.count / 3, 3, points, nil)
        : unsafe ckernels_knn_build(knn, points.count / 3, 3, points, &runner)
    }
    var order = [Int32](repeating: -1, count: points.count / 3)
    unsafe ckernels_knn_order(knn, &order)
    if outcome == ckernels_knn_built { return order }
    // It holds no points.
    #expect(outcome == ckernels_knn_abandoned && order.allSatisfy { $0 == -1 })
    return nil
  }

  @Test(arguments: [Arrangement.spread, .coincident, .duplicated, .outlier, .nested])
  func `an index built in parts has the same order`(arrangement: Arrangement) throws {
    let created = unsafe ckernels_knn_create()
    let knn = try unsafe #require(created)
    defer { unsafe ckernels_knn_destroy(knn) }
    // Some cells hold more points than a part.
    let clouds = Clouds(Case(count: 70_000, dimensions: 3, arrangement: arrangement))
    let expected = try unsafe order(of: clouds.points, stepCount: nil, in: knn)
    #expect(try #require(expected).sorted() == Array(0..<70_000))
    #expect(try unsafe order(of: clouds.points, stepCount: .max, in: knn) == expected)
    for stepCount in [0, 1, 5, 9] {
      #expect(try unsafe order(of: clouds.points, stepCount: stepCount, in: knn) == nil)
    }
    #expect(try unsafe order(of: clouds.points, stepCount: .max, in: knn) == expected)
  }

  @Test func `an index is built anew in the memory of another one`() throws {
    let created = unsafe ckernels_knn_create()
    let knn = try unsafe #require(created)
    defer { unsafe ckernels_knn_destroy(knn) }
    for count in [300, 40, 5000, 1, 0, 300] {
      let clouds = Clouds(Case(count: max(count, 1), dimensions: 3, arrangement: .spread))
      #expect(
        unsafe ckernels_knn_build(knn, count, 3, clouds.points, nil) == ckernels_knn_built)
      var found = [Int32](repeating: .min, count: 9 * clouds.queries.count / 3)
      #expect(
        unsafe ckernels_knn_query(
          knn, clouds.queries.count / 3, clouds.queries, 9, .infinity, &found, nil))
      let expected = clouds.fullSearch(clouds.queries, k: 9, radius: .infinity)
      #expect(
        count == 0 ? found.allSatisfy { $0 == -1 } : found == expected.indices, "\(count) points")
    }
  }

  /// Voxels, or what is no number of a coarser point.
  @Test(arguments: [Arrangement.spread, .lattice, .clusters, .coincident], [false, true])
  func `points in the order of a finer index find their neighbors`(
    arrangement: Arrangement, isArbitrary: Bool
  ) throws {
    let finer = Clouds(Case(count: 700, dimensions: 3, arrangement: arrangement))
    let coarser = Clouds(Case(count: 90, dimensions: 3, arrangement: arrangement))
    let coarserPoints = (0..<700).map { point in
      isArbitrary ? Int32(truncatingIfNeeded: point &* 0x1357_9BDF) : Int32(point % 90)
    }
    for isa in InstructionSet.names {
      let fine = try Index(finer.points, dimensions: 3, isa: isa)
      let coarse = try Index(finer.points, dimensions: 3, isa: isa)
      #expect(
        unsafe ckernels_knn_build_coarser(
          coarse.pointer, fine.pointer, 90, coarser.points, coarserPoints) == ckernels_knn_built)
      var found = [Int32](repeating: .min, count: 700 * 5)
      unsafe ckernels_knn_query_across(
        coarse.pointer, fine.pointer, 0, 700, 5, .infinity, &found, nil)
      #expect(
        found == coarser.fullSearch(finer.points, k: 5, radius: .infinity).indices, "\(isa)")
      unsafe ckernels_knn_query_across(
        fine.pointer, coarse.pointer, 0, 90, 5, .infinity, &found, nil)
      #expect(
        Array(found.prefix(90 * 5))
          == finer.fullSearch(coarser.points, k: 5, radius: .infinity).indices, "\(isa)")
    }
  }
}
