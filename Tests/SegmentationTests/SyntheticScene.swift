/// A made-up street of 72 m x 72 m with 87,801 points, and what the built-in model's original
/// pre-processing (NumPy, SciPy) and network (PyTorch) made of it.
struct SyntheticScene {
  /// `[points, 3]`, meters.
  let positions: [Double]
  let returnNumbers: [UInt8]
  let numbersOfReturns: [UInt8]
  /// Meters: the lower limit, since the points lie densely.
  let expectedVoxelUnit = 0.6

  init() throws {
    positions = try NumPyFixture("demo/scene-millimeters.npy").int32s().enumerated().map {
      Double($1) * 0.001 + [500_000, 5_400_000, 0][$0 % 3]
    }
    let returns = try NumPyFixture("demo/scene-returns.npy").uint8s()
    returnNumbers = stride(from: 0, to: returns.count, by: 2).map { returns[$0] }
    numbersOfReturns = stride(from: 1, to: returns.count, by: 2).map { returns[$0] }
  }

  /// Height of each point above ground, meters.
  static func expectedHeights() throws -> [Float] {
    try NumPyFixture("demo/scene-heights.npy").floats()
  }

  /// The voxel of each point.
  static func expectedVoxels() throws -> [Int32] {
    try NumPyFixture("demo/scene-voxels.npy").int32s()
  }

  /// `[voxels / 8, 7]`: the features of every eighth voxel.
  static func expectedFeatures() throws -> [Float] {
    try NumPyFixture("demo/scene-features.npy").floats()
  }

  /// The voxel in the center of each window.
  static func expectedCenters() throws -> [Int32] {
    try NumPyFixture("demo/scene-centers.npy").int32s()
  }

  /// The predicted ASPRS code of each point.
  static func expectedClasses() throws -> [UInt8] {
    try NumPyFixture("demo/scene-classes.npy").uint8s()
  }
}
