import Models
import PointClouds
import RandomNumbers
import Testing

@testable import Segmentation

/// Clouds that are easy to get wrong, `[points, 3]`, meters.
enum CloudFixture: String, CaseIterable, Sendable {
  case onePoint, twoPoints, equalPoints, line, column, uneven, field

  var positions: [Double] {
    var generator = SeededGenerator(seed: 7)
    func random(_ count: Int, _ scale: SIMD3<Double>) -> [Double] {
      (0..<count).flatMap { _ in
        (0..<3).map { Double.random(in: 0...1, using: &generator) * scale[$0] }
      }
    }
    return switch self {
    case .onePoint: [652_000.5, 6_861_000.5, 40]
    case .twoPoints: [0, 0, 0, 30, 40, 0]
    case .equalPoints: (0..<20).flatMap { _ in [7.0, 8, 9] }
    case .line: (0..<300).flatMap { [Double]([Double($0), 0, 0]) }
    case .column: (0..<300).flatMap { [Double]([5, 5, Double($0)]) }
    case .uneven: random(300, SIMD3(4, 4, 4)) + random(40, SIMD3(2000, 900, 10))
    case .field: random(900, SIMD3(60, 35, 6))
    }
  }
}

private let windowKinds = [
  #"{"kind": "nearest", "max_points": 32}"#,
  #"{"kind": "sphere", "extent_meters": 20, "overlap_meters": 5, "max_points": 1000}"#,
  #"{"kind": "sphere", "extent_meters": 20, "overlap_meters": 0, "max_points": 16}"#,
  #"{"kind": "grid", "extent_meters": 20, "overlap_meters": 5, "max_points": 1000}"#,
  #"{"kind": "grid", "extent_meters": 8, "overlap_meters": 7, "max_points": 20}"#,
  #"{"kind": "grid", "extent_meters": 10, "max_points": 1}"#,
]

@Test(arguments: CloudFixture.allCases, windowKinds)
func `every voxel lies in a window and no window is too large`(
  fixture: CloudFixture, window: String
) throws {
  let section = try SectionFixture.section(window: window)
  var timings = SegmentationTimings()
  let scene = try VoxelScene(
    PointCloud(positions: fixture.positions), section: section, timings: &timings)
  var selector = try #require(try scene.windowSelector(section))
  var windowCounts = [Int](repeating: 0, count: scene.count)
  var windowCount = 0
  while let selection = selector.next() {
    try #require(windowCount <= 81 * scene.count, "the windows never end")
    windowCount += 1
    #expect((1...section.window.maximumPoints).contains(selection.voxels.count))
    #expect(selection.voxels == Array(Set(selection.voxels)).sorted())
    #expect(selection.weights.count == selection.voxels.count)
    #expect(selection.weights.allSatisfy { $0 > 0 && $0 <= 1 })
    for voxel in selection.voxels { windowCounts[Int(voxel)] += 1 }
  }
  #expect(!windowCounts.contains(0))
}

@Test func `a grid without overlap counts each voxel once`() throws {
  let section = try SectionFixture.section(
    window: #"{"kind": "grid", "extent_meters": 9, "max_points": 40}"#)
  var timings = SegmentationTimings()
  let scene = try VoxelScene(
    PointCloud(positions: CloudFixture.uneven.positions), section: section, timings: &timings)
  var selector = try GridWindowSelector(scene, section: section)
  var voxels: [Int32] = []
  while let selection = selector.next() { voxels += selection.voxels }
  #expect(voxels.sorted() == Array(0..<Int32(scene.count)))
}

@Test func `a column of voxels is covered piece by piece`() throws {
  let section = try SectionFixture.section(window: #"{"kind": "nearest", "max_points": 100}"#)
  var timings = SegmentationTimings()
  let scene = try VoxelScene(
    PointCloud(positions: CloudFixture.column.positions), section: section, timings: &timings)
  var selector = try PotentialWindowSelector(scene, section: section)
  var windows: [[Int32]] = []
  while let selection = selector.next() { windows.append(selection.voxels) }
  #expect(windows == [Array(0..<100), Array(100..<200), Array(200..<300)])
}

@Test func `the origin of a window is its center, or the center's foot`() throws {
  func origin(_ kind: String, _ rule: String) throws -> SIMD3<Double>? {
    let section = try SectionFixture.section(
      window:
        #"{"kind": "\#(kind)", "max_points": 9\#(kind == "nearest" ? "" : #", "extent_meters": 50"#)}"#,
      more: #", "origin": "\#(rule)""#)
    var timings = SegmentationTimings()
    let scene = try VoxelScene(
      PointCloud(positions: [10, 20, 30, 14, 26, 34]), section: section, timings: &timings)
    var selector = try scene.windowSelector(section)
    return selector?.next()?.origin
  }
  #expect(try origin("nearest", "center") == SIMD3(0, 0, 0))
  #expect(try origin("sphere", "center") == SIMD3(0, 0, 0))
  #expect(try origin("grid", "center") == SIMD3(2, 3, 2))
  #expect(try origin("grid", "center_and_floor") == SIMD3(2, 3, 0))
}

@Test(arguments: CloudFixture.allCases)
func `the nearest voxels are those of a full search`(fixture: CloudFixture) throws {
  let positions = fixture.positions
  let count = positions.count / 3
  var nearest = try NearestVoxels(positions)
  var found: [Int32] = []
  for wanted in [1, 2, 7, count - 1, count, count + 5] where wanted > 0 {
    for voxel in [0, count / 2, count - 1] {
      let order = (0..<count).sorted { a, b in
        func key(_ other: Int) -> (Double, Int) {
          let x = positions[3 * other] - positions[3 * voxel]
          let y = positions[3 * other + 1] - positions[3 * voxel + 1]
          return (x * x + y * y, (other - voxel + count) % count)
        }
        return key(a) < key(b)
      }
      let expected = order.prefix(wanted).sorted().map { Int32($0) }
      nearest.nearestInPlane(wanted, to: voxel, into: &found)
      #expect(found == expected)
    }
  }
}

@Test(arguments: CloudFixture.allCases, [0.5, 10, 300])
func `the voxels of a sphere are those of a full search`(
  fixture: CloudFixture, radius: Double
) throws {
  let positions = fixture.positions
  let count = positions.count / 3
  var nearest = try NearestVoxels(positions)
  let voxel = count / 3
  let squared = (0..<count).map { other in
    (0..<3).reduce(0.0) { sum, axis in
      let offset = positions[3 * other + axis] - positions[3 * voxel + axis]
      return sum + offset * offset
    }
  }
  let expected = (0..<count).filter { squared[$0] <= radius * radius }
  var found: [Int32] = []
  nearest.within(radius, of: voxel, limit: count, into: &found)
  #expect(found == expected.map { Int32($0) })
  for other in found.map({ Int($0) }) {
    let distance = nearest.squaredDistance(voxel, other)
    #expect(abs(distance - squared[other]) <= 1e-12 * squared[other])
  }
  nearest.within(radius, of: voxel, limit: 5, into: &found)
  #expect(found.count == min(5, expected.count))
  #expect(found.contains(Int32(voxel)))
}

@Test(arguments: [1, 60, 64, 65, 4096, 4097, 9000])
func `the lowest potential is found as by a full search`(count: Int) {
  var generator = SeededGenerator(seed: 3)
  var potentials = CenterPotentials(count: count)
  var plain = [Double](repeating: 0, count: count)
  for _ in 0..<400 {
    let expected = plain.indices.min { (plain[$0], $0) < (plain[$1], $1) } ?? 0
    let lowest = potentials.lowest()
    #expect(lowest.voxel == expected)
    #expect(lowest.potential == plain[expected])
    let voxels = Set(
      [lowest.voxel] + (0..<count / 9).map { _ in Int.random(in: 0..<count, using: &generator) }
    ).sorted()
    let weights = voxels.map { _ in Float(Int.random(in: 1...4, using: &generator)) / 4 }
    potentials.add(weights, to: voxels.map { Int32($0) })
    for (voxel, weight) in zip(voxels, weights) { plain[voxel] += Double(weight) }
  }
}
