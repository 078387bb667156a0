import Models
import PointClouds
import RandomNumbers
import Testing

@testable import Segmentation

extension VoxelScene {
  /// `[voxels, channels]`.
  fileprivate var featureRows: [Float] {
    var rows: [Float] = []
    features.append(0..<Int32(count), to: &rows)
    return rows
  }
}

@Test func `the synthetic scene has the original's voxels, features and window centers`() throws {
  let street = try SyntheticScene()
  let section = try SectionFixture.demo()
  let cloud = try PointCloud(
    positions: street.positions,
    attributes: PointAttributes(
      returnNumber: street.returnNumbers, numberOfReturns: street.numbersOfReturns))
  var timings = SegmentationTimings()
  let scene = try VoxelScene(cloud, section: section, timings: &timings)

  #expect(abs(scene.voxelUnit - street.expectedVoxelUnit) < 1e-9)
  #expect(try scene.voxelOfPoint == SyntheticScene.expectedVoxels())

  let expected = try SyntheticScene.expectedFeatures()
  let width = section.features.count
  let features = scene.featureRows
  try #require(features.count == scene.count * width)
  let errors = expected.enumerated().map { index, value in
    abs(features[index / width * 8 * width + index % width] - value)
  }
  #expect(errors.count == (scene.count + 7) / 8 * width)
  #expect((errors.max() ?? 1) < 1e-3)

  var selector = try PotentialWindowSelector(scene, section: section)
  var centers: [Int32] = []
  while let window = selector.next() {
    #expect(window.voxels.count == 4096)
    // The center is the voxel right above the origin.
    let center = window.voxels.first { voxel in
      scene.centers[3 * Int(voxel)] == window.origin.x
        && scene.centers[3 * Int(voxel) + 1] == window.origin.y
    }
    centers.append(try #require(center))
  }
  #expect(try centers == SyntheticScene.expectedCenters())
}

@Test func `the planar spacing of a square lattice is that of its points`() throws {
  let lattice = (0..<2500).flatMap { [Double]([Double($0 / 50), Double($0 % 50), 0]) }
  // The fourth neighbor inside a lattice lies one step away.
  let expected = (Double.pi / 4).squareRoot()
  #expect(try abs(PlanarSpacing.meters(of: LocalPositions(lattice)) - expected) < 1e-12)
  let adaptive = VoxelUnit.adaptive(spacingFactor: 2, minimumMeters: 0.1, maximumMeters: 5)
  #expect(try abs(adaptive.meters(for: LocalPositions(lattice)) - 2 * expected) < 1e-12)
  #expect(try adaptive.meters(for: LocalPositions([0, 0, 0])) == 5)
  #expect(try adaptive.meters(for: LocalPositions([Double](repeating: 3, count: 30))) == 0.1)
  #expect(try VoxelUnit.meters.meters(for: LocalPositions(lattice)) == 1)
}

/// Clouds whose planar spacing is sought, and how many points each has.
enum SpacingCloud: CaseIterable {
  case even, line, clusters, duplicates, denseSpot, five

  var positions: [Double] {
    var generator = SeededGenerator(seed: 9)
    let count = self == .five ? 5 : self == .denseSpot ? 4200 : 900
    return (0..<count).flatMap { point -> [Double] in
      let (x, y) = (
        Double.random(in: 0..<40, using: &generator), Double.random(in: 0..<40, using: &generator)
      )
      return switch self {
      case .even, .five: [x, y, x]
      case .line: [x, 7, y]
      case .clusters: [Double(point % 3) * 1e5 + x / 1e3, y / 1e3, 0]
      case .duplicates: [x.rounded(), (y / 8).rounded(), y]
      case .denseSpot: point < 6 ? [1e3 * x, 1e3 * y, 0] : [x / 10, y / 10, 0]
      }
    }
  }
}

@Test(arguments: SpacingCloud.allCases)
func `the planar spacing is that of a search among all points`(cloud: SpacingCloud) throws {
  let positions = cloud.positions
  let points = stride(from: 0, to: positions.count, by: 3)
    .map { SIMD2(positions[$0], positions[$0 + 1]) }
    .sorted { $0.x < $1.x }
  let distances = points.indices.map { fourthDistance(from: $0, in: points) }.sorted()
  let middle = distances.count / 2
  let median =
    distances.count % 2 == 1
    ? distances[middle] : (distances[middle - 1] + distances[middle]) / 2
  // Only the spot is too dense for bins, so that its neighbors are sought in float32.
  let tolerance = cloud == .denseSpot ? 1e-5 : 0
  let expected = median / (4 / Double.pi).squareRoot()
  #expect(try abs(PlanarSpacing.meters(of: LocalPositions(positions)) - expected) <= tolerance)
}

/// The distance to the fourth neighbor of one of the points, which ascend by x.
private func fourthDistance(from point: Int, in points: [SIMD2<Double>]) -> Double {
  var squared = [0, Double.infinity, .infinity, .infinity, .infinity]
  for step in [-1, 1] {
    var other = point + step
    while points.indices.contains(other) {
      let offset = points[other] - points[point]
      guard offset.x * offset.x < squared[4] else { break }
      squared[4] = min(squared[4], offset.x * offset.x + offset.y * offset.y)
      squared.sort()
      other += step
    }
  }
  return squared[4].squareRoot()
}

@Test func `points of excluded classes take no part`() throws {
  let section = try SectionFixture.section(
    features: #""one", "height_above_minimum""#, window: #"{"kind": "nearest", "max_points": 9}"#,
    more: #", "excluded_las_codes": [7, 18]"#)
  let cloud = try PointCloud(
    positions: [0, 0, -90, 5, 5, 1, 6, 6, 4, 0, 0, 900],
    attributes: PointAttributes(classification: [7, 2, 1, 18]))
  var timings = SegmentationTimings()
  let scene = try VoxelScene(cloud, section: section, timings: &timings)
  #expect(scene.voxelOfPoint == [-1, 0, 1, -1])
  #expect(scene.featureRows == [1, 0, 1, 3])
}

@Test func `a cloud of excluded points alone has no voxels`() throws {
  let section = try SectionFixture.section(
    window: #"{"kind": "nearest", "max_points": 9}"#, more: #", "excluded_las_codes": [7]"#)
  let cloud = try PointCloud(
    positions: [0, 0, 0], attributes: PointAttributes(classification: [7]))
  var timings = SegmentationTimings()
  let scene = try VoxelScene(cloud, section: section, timings: &timings)
  #expect(scene.count == 0)
  #expect(scene.voxelOfPoint == [-1])
}

@Test func `features have the mean of their points or the default`() throws {
  let section = try SectionFixture.section(
    features: """
      "intensity", {"name": "red", "divisor": 2}, "green", "return_number", "number_of_returns",
      "multiple_returns", "return_ratio", "has_returns",
      {"name": "blue", "default": 5}
      """,
    window: #"{"kind": "nearest", "max_points": 9}"#,
    levels: #"{"voxel_meters": 9, "neighbors": 1}"#)
  let positions = [0.0, 0, 0, 1, 1, 1]
  var timings = SegmentationTimings()
  let full = try VoxelScene(
    PointCloud(
      positions: positions,
      attributes: PointAttributes(
        intensity: [1, 4], returnNumber: [1, 2], numberOfReturns: [1, 4],
        colors: [10, 20, 30, 20, 40, 70])),
    section: section, timings: &timings)
  #expect(full.featureRows == [2.5, 7.5, 30, 1.5, 2.5, 0.5, 0.75, 1, 50])
  let bare = try VoxelScene(
    PointCloud(positions: positions), section: section, timings: &timings)
  #expect(bare.featureRows == [0, 0, 0, 0, 0, 0, 0, 0, 5])
  let single = try VoxelScene(
    PointCloud(
      positions: positions,
      attributes: PointAttributes(returnNumber: [1, 1], numberOfReturns: [1, 0])),
    section: section, timings: &timings)
  #expect(single.featureRows == [0, 0, 0, 1, 0.5, 0, 0, 0, 5])
}

@Test func `a cloud wider than any tile is refused`() throws {
  let section = try SectionFixture.demo()
  let cloud = try PointCloud(positions: [0, 0, 0, 1e300, 0, 0])
  var timings = SegmentationTimings()
  #expect(throws: SegmentationError.extentTooLarge(meters: 1e300, atMost: 1e6)) {
    try VoxelScene(cloud, section: section, timings: &timings)
  }
  let infinite = try PointCloud(positions: [-1.7e308, 0, 0, 1.7e308, 0, 0])
  #expect(throws: SegmentationError.self) {
    try VoxelScene(infinite, section: section, timings: &timings)
  }
}

@Test func `voxels too small to number are refused`() throws {
  let section = try SectionFixture.section(
    window: #"{"kind": "nearest", "max_points": 9}"#,
    levels: #"{"voxel_meters": 1, "neighbors": 1}, {"voxel_meters": 1e-5, "neighbors": 1}"#)
  let cloud = try PointCloud(positions: [0, 0, 0, 1e5, 0, 0])
  var timings = SegmentationTimings()
  #expect(throws: SegmentationError.self) {
    try VoxelScene(cloud, section: section, timings: &timings)
  }
}
