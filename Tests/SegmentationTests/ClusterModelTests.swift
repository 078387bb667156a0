import Models
import PointClouds
import RandomNumbers
import Testing

@testable import Segmentation

@Test func `features of voxels and neighborhoods are those of the training script`() throws {
  let section = try #require(StoredModel("cluster").model.manifest.segmentation?.voxels)
  let positions = try NumPyFixture("models/cluster-positions.npy").doubles()
  let heights = try NumPyFixture("models/cluster-heights.npy").doubles()
  let multiple = try NumPyFixture("models/cluster-multiple-returns.npy").doubles()
  let cloud = try PointCloud(
    positions: positions,
    attributes: PointAttributes(
      returnNumber: multiple.map { _ in 1 }, numberOfReturns: multiple.map { $0 > 0 ? 2 : 1 }))
  let points = try CloudSubset(cloud, excluding: section.excludedLASCodes)
  let grid = try VoxelGrid(points.positions, size: section.levels[0].voxelEdge)
  let columns = try VoxelFeatures(
    section,
    of: PointFeatureValues(
      points: points, heightAboveGround: { heights[$0] }, voxelUnit: 1),
    grid: grid
  ).columns()
  var found: [Float] = []
  columns.append(0..<Int32(grid.count), to: &found)

  let expected = try NumPyFixture("models/cluster-features.npy").doubles()
  try #require(found.count == expected.count)
  let errors = zip(found, expected).map { abs(Double($0) - $1) }
  #expect((errors.max() ?? 1) < 1e-5)
}

@Test func `the cluster model groups the sample tile by its surfaces`() throws {
  let stored = try StoredModel("cluster")
  let bytes = try StoredModel.sample("tile.las")
  let cloud = try #require(CloudFormat.format(content: bytes)).decode(bytes).cloud
  let truth = try #require(cloud.attributes.classification)
  let result = try stored.segmenter.segment(cloud, threadCount: 2)
  #expect(result.classCounts.reduce(0, +) == cloud.count)

  // A group's name ends with the surface that it mostly held in training.
  let surfaces: [UInt8: String] = [
    2: "ground", 3: "vegetation", 5: "vegetation", 6: "buildings",
  ]
  let known = truth.indices.filter { surfaces[truth[$0]] != nil }
  let agreeing = known.count { point in
    guard let surface = surfaces[truth[point]] else { return false }
    return result.classes[Int(result.labels[point])].name.hasSuffix(surface)
  }
  #expect(Double(agreeing) > 0.9 * Double(known.count), "\(agreeing) of \(known.count)")
}

@Test(arguments: [1, 2, 5, 19])
func `neighborhoods of fewer voxels than asked for hold them all`(count: Int) throws {
  let centers = (0..<count).flatMap { voxel -> [Double] in [Double(voxel), 0, 0] }
  let neighborhoods = try Neighborhoods(centers, neighborCount: 20)
  let mean = Double(count - 1) / 2
  #expect(
    neighborhoods.means(of: (0..<count).map(Double.init)).allSatisfy { abs($0 - mean) < 1e-12 })
  // Voxels along a line are neither plane nor ball.
  for feature in [PointFeature.planarity, .scattering] {
    #expect(neighborhoods.values(of: feature, heights: []).allSatisfy { $0 == 0 })
  }
  let deviation = (0..<count).map { (Double($0) - mean) * (Double($0) - mean) }.reduce(0, +)
  let heights = (0..<count).map(Double.init)
  let expected = (deviation / Double(count)).squareRoot()
  #expect(
    neighborhoods.values(of: .heightDeviation, heights: heights)
      .allSatisfy { abs($0 - expected) < 1e-12 })
}

@Test func `eigenvalues and the least axis of random matrices fulfil their equation`() {
  var generator = SeededGenerator(seed: 4)
  for scale in [1e-12, 1, 1e9] {
    for _ in 0..<50 {
      var matrix = SymmetricMatrix3()
      for _ in 0..<3 {
        let vector = SIMD3(
          Double.random(in: -1...1, using: &generator),
          Double.random(in: -1...1, using: &generator),
          Double.random(in: -1...1, using: &generator))
        matrix.addSquare(of: vector * scale.squareRoot())
      }
      let (eigenvalues, axis) = matrix.decomposition
      let image = SIMD3(
        matrix.xx * axis.x + matrix.xy * axis.y + matrix.xz * axis.z,
        matrix.xy * axis.x + matrix.yy * axis.y + matrix.yz * axis.z,
        matrix.xz * axis.x + matrix.yz * axis.y + matrix.zz * axis.z)
      let residual = image - eigenvalues.z * axis
      #expect((residual * residual).sum().squareRoot() < 1e-13 * scale)
      #expect(abs((axis * axis).sum() - 1) < 1e-13)
      #expect(abs(eigenvalues.sum() - (matrix.xx + matrix.yy + matrix.zz)) < 1e-13 * scale)
      #expect(eigenvalues.x >= eigenvalues.y && eigenvalues.y >= eigenvalues.z)
    }
  }
  let (eigenvalues, axis) = SymmetricMatrix3().decomposition
  #expect(eigenvalues == SIMD3(repeating: 0) && (axis * axis).sum() == 1)
}
