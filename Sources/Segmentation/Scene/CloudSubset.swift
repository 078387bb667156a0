import PointClouds

/// The points of a cloud that take part in the computation, moved near the origin.
struct CloudSubset: Sendable {
  /// Which points of the cloud these are, ascending.
  let pointIndices: [Int32]
  /// `[points, 3]`, meters, less a whole number of meters along each axis.
  let positions: [Double]
  /// The longest side of the box around the points, meters; 0 without points.
  let extent: Double
  private let attributes: PointAttributes

  /// The widest cloud, meters along an axis.
  static let widestExtent = 1e6

  /// Leaves out the points with a classification among `excludedCodes`.
  ///
  /// - Throws: `SegmentationError.extentTooLarge`, and `.cloud` for more points than can be indexed.
  init(_ cloud: PointCloud, excluding excludedCodes: [UInt8]) throws(SegmentationError) {
    guard let pointCount = Int32(exactly: cloud.count) else {
      throw .cloud(.tooManyPoints(limit: Int(Int32.max), found: cloud.count))
    }
    let isExcluded = (0...UInt8.max).map { excludedCodes.contains($0) }
    let codes = cloud.attributes.classification
    let kept = (0..<pointCount).filter { point in
      codes.map { !isExcluded[Int($0[Int(point)])] } ?? true
    }
    pointIndices = kept
    attributes = cloud.attributes

    var minimum = SIMD3<Double>(repeating: .infinity)
    var maximum = -minimum
    for point in kept {
      let position = cloud.position(Int(point))
      minimum.replace(with: position, where: position .< minimum)
      maximum.replace(with: position, where: position .> maximum)
    }
    extent = kept.isEmpty ? 0 : (maximum - minimum).max()
    guard extent <= Self.widestExtent else {
      throw .extentTooLarge(meters: extent, atMost: Self.widestExtent)
    }
    // Exact, since one meter is a multiple of the last binary digit of any coordinate that is
    // precise enough to matter: voxel borders stay where they were.
    let offset = minimum.rounded(.down)
    var positions: [Double] = []
    positions.reserveCapacity(kept.count * 3)
    for point in kept {
      let position = cloud.position(Int(point)) - offset
      positions.append(position.x)
      positions.append(position.y)
      positions.append(position.z)
    }
    self.positions = positions
  }

  var count: Int { pointIndices.count }

  /// The intensity of each point.
  var intensities: [Double]? { attributes.intensity.map { of($0) } }

  var returnNumbers: [Double]? { attributes.returnNumber.map { of($0) } }

  var numbersOfReturns: [Double]? { attributes.numberOfReturns.map { of($0) } }

  /// One of red, green and blue, counted from 0, of each point.
  func colors(_ component: Int) -> [Double]? {
    attributes.colors.map { colors in
      pointIndices.map { Double(colors[3 * Int($0) + component]) }
    }
  }

  private func of(_ values: [UInt8]) -> [Double] { pointIndices.map { Double(values[Int($0)]) } }

  private func of(_ values: [Float]) -> [Double] { pointIndices.map { Double(values[Int($0)]) } }
}

extension PointCloud {
  fileprivate func position(_ point: Int) -> SIMD3<Double> {
    SIMD3(positions[3 * point], positions[3 * point + 1], positions[3 * point + 2])
  }
}
