import Models
import PointClouds
import Testing

@testable import Segmentation

/// The height of each point, by the usual constants.
private func heights(of positions: [Double], voxelUnit: Double) throws -> [Double] {
  let heights = try HeightAboveGround(
    of: LocalPositions(positions), voxelUnit: voxelUnit, section: HeightAboveGroundSection())
  return (0..<(positions.count / 3)).map { heights[$0] }
}

@Test func `heights of the synthetic scene equal the original`() throws {
  let scene = try SyntheticScene()
  let expected = try SyntheticScene.expectedHeights()
  let heights = try heights(of: scene.positions, voxelUnit: scene.expectedVoxelUnit)
  try #require(heights.count == expected.count)
  let errors = zip(heights, expected).map { abs($0 - Double($1)) }
  #expect((errors.max() ?? 1) < 1e-5)
}

@Test func `a flat roof over flat ground has its height and the ground has none`() throws {
  var positions: [Double] = []
  for x in 0..<40 {
    for y in 0..<40 {
      let isRoof = (12..<24).contains(x) && (12..<24).contains(y)
      positions += [Double(x) + 0.5, Double(y) + 0.5, isRoof ? 108 : 100]
    }
  }
  let heights = try heights(of: positions, voxelUnit: 1)
  for (index, height) in heights.enumerated() {
    let expected = positions[3 * index + 2] - 100
    #expect(abs(height - expected) < 1e-6, "point \(index)")
  }
}

@Test func `a point far below all others is no ground`() throws {
  var positions = (0..<400).flatMap { [Double]([Double($0 / 20), Double($0 % 20), 10]) }
  positions += [10.2, 10.2, -30]
  let heights = try heights(of: positions, voxelUnit: 1)
  #expect(heights.dropLast().allSatisfy { abs($0) < 1e-9 })
  #expect(abs((heights.last ?? 0) + 40) < 1e-9)
}

@Test(
  arguments: [
    [1, 2, 3],
    [1, 2, 3, 1, 2, 3],
    [1, 2, 3, 1, 2, 9],
    [0, 0, 0, 1_000_000, 1_000_000, 50],
    [0, 0, 0, 1_000_000, 0, 0],
  ] as [[Double]])
func `few or far points have finite heights`(positions: [Double]) throws {
  let heights = try heights(of: positions, voxelUnit: 2.2)
  #expect(heights.count == positions.count / 3)
  #expect(heights.allSatisfy { $0.isFinite })
}
