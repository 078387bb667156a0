import Batching
import PointClouds

/// The points of a cloud that take part in the computation, seen from near the origin.
struct CloudSubset: Sendable {
  /// Meters, less a whole number of meters along each axis.
  let positions: LocalPositions
  /// Which points of the cloud these are, ascending; `nil` for all of them.
  let pointIndices: [Int32]?
  /// What the cloud tells about its points, all of them.
  let attributes: PointAttributes
  /// The longest side of the box around the points, meters; 0 without points.
  let extent: Double
  /// The least z of `positions`, meters; infinity without points.
  let lowestElevation: Double

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
    let exclusion = Exclusion(excludedCodes, codes: cloud.attributes.classification)
    let parts = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.map((cloud.count + Self.grain - 1) / Self.grain) { part in
        let first = part * Self.grain
        return Part(
          first..<min(first + Self.grain, cloud.count), of: cloud, excluding: exclusion)
      }
    }
    var minimum = SIMD3<Double>(repeating: .infinity)
    var maximum = -minimum
    for part in parts {
      minimum.replace(with: part.minimum, where: part.minimum .< minimum)
      maximum.replace(with: part.maximum, where: part.maximum .> maximum)
    }
    let keptCount = parts.reduce(0) { $0 + $1.keptCount }
    extent = keptCount == 0 ? 0 : (maximum - minimum).max()
    guard extent <= Self.widestExtent else {
      throw .extentTooLarge(meters: extent, atMost: Self.widestExtent)
    }
    var kept: [Int32]?
    if keptCount < cloud.count {
      var indices: [Int32] = []
      indices.reserveCapacity(keptCount)
      for point in 0..<cloud.count where !exclusion.contains(point) {
        indices.append(Int32(point))
      }
      kept = indices
    }
    pointIndices = kept
    attributes = cloud.attributes
    // Exact, since one meter is a multiple of the last binary digit of any coordinate that is
    // precise enough to matter: voxel borders stay where they were.
    let offset = minimum.rounded(.down)
    positions = LocalPositions(cloud, points: kept, less: offset)
    lowestElevation = keptCount == 0 ? .infinity : minimum.z - offset.z
  }

  var count: Int { positions.count }
}

/// Which points of a cloud take no part.
private struct Exclusion: Sendable {
  /// `[codes]`: whether points of each code take no part.
  private let isExcluded: [Bool]
  /// `[points]`, where the cloud has them.
  private let codes: [UInt8]?

  init(_ excludedCodes: [UInt8], codes: [UInt8]?) {
    isExcluded = (0...UInt8.max).map { excludedCodes.contains($0) }
    self.codes = codes
  }

  func contains(_ point: Int) -> Bool {
    guard let codes else { return false }
    return isExcluded[Int(codes[point])]
  }
}

/// How many points of a range of a cloud take part, and the box around them.
private struct Part: Sendable {
  var keptCount = 0
  var minimum = SIMD3<Double>(repeating: .infinity)
  var maximum = SIMD3<Double>(repeating: -.infinity)

  init(_ points: Range<Int>, of cloud: PointCloud, excluding exclusion: Exclusion) {
    for point in points where !exclusion.contains(point) {
      let position = SIMD3(
        cloud.positions[3 * point], cloud.positions[3 * point + 1], cloud.positions[3 * point + 2])
      minimum.replace(with: position, where: position .< minimum)
      maximum.replace(with: position, where: position .> maximum)
      keptCount += 1
    }
  }
}
