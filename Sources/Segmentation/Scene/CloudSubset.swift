import Batching
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

  /// How many points one thread takes at a time.
  private static let grain = 16384

  /// Leaves out the points with a classification among `excludedCodes`.
  ///
  /// - Throws: `SegmentationError.extentTooLarge`, `.abandoned`, and `.cloud` for more points than
  ///   can be indexed.
  init(
    _ cloud: PointCloud, excluding excludedCodes: [UInt8], on threads: WorkSharing = .alone
  ) throws(SegmentationError) {
    guard cloud.count <= Int(Int32.max) else {
      throw .cloud(.tooManyPoints(limit: Int(Int32.max), found: cloud.count))
    }
    let isExcluded = (0...UInt8.max).map { excludedCodes.contains($0) }
    let parts = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.map((cloud.count + Self.grain - 1) / Self.grain) { part in
        let first = part * Self.grain
        return Part(
          first..<min(first + Self.grain, cloud.count), of: cloud, isExcluded: isExcluded)
      }
    }
    let kept = parts.flatMap(\.kept)
    pointIndices = kept
    attributes = cloud.attributes

    var minimum = SIMD3<Double>(repeating: .infinity)
    var maximum = -minimum
    for part in parts {
      minimum.replace(with: part.minimum, where: part.minimum .< minimum)
      maximum.replace(with: part.maximum, where: part.maximum .> maximum)
    }
    extent = kept.isEmpty ? 0 : (maximum - minimum).max()
    guard extent <= Self.widestExtent else {
      throw .extentTooLarge(meters: extent, atMost: Self.widestExtent)
    }
    // Exact, since one meter is a multiple of the last binary digit of any coordinate that is
    // precise enough to matter: voxel borders stay where they were.
    let offset = minimum.rounded(.down)
    positions = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.rows(kept.count, width: 3, of: Double.self, grain: Self.grain) {
        rows, positions in
        var next = 0
        for row in rows {
          let position = cloud.position(Int(kept[row])) - offset
          for axis in 0..<3 { positions[next + axis] = position[axis] }
          next += 3
        }
      }
    }
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

/// A range of a cloud's points less those that are left out, and the box around them.
private struct Part: Sendable {
  var kept: [Int32] = []
  var minimum = SIMD3<Double>(repeating: .infinity)
  var maximum = SIMD3<Double>(repeating: -.infinity)

  init(_ points: Range<Int>, of cloud: PointCloud, isExcluded: [Bool]) {
    let codes = cloud.attributes.classification
    kept.reserveCapacity(points.count)
    for point in points {
      if let codes, isExcluded[Int(codes[point])] { continue }
      let position = cloud.position(point)
      minimum.replace(with: position, where: position .< minimum)
      maximum.replace(with: position, where: position .> maximum)
      kept.append(Int32(point))
    }
  }
}

extension PointCloud {
  fileprivate func position(_ point: Int) -> SIMD3<Double> {
    SIMD3(positions[3 * point], positions[3 * point + 1], positions[3 * point + 2])
  }
}
