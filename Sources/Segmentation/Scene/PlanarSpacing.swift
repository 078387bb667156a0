import PointClouds

/// The typical distance between neighboring points as seen from above.
enum PlanarSpacing {
  /// About how many points are asked for their neighbors.
  private static let sampleCount = 3000
  /// Which neighbor of a point, itself not counted, is measured.
  private static let neighborRank = 4

  /// The median distance to the fourth neighbor in x and y, scaled to the side of the square that one
  /// point of an even distribution has to itself.
  ///
  /// - Parameter positions: `[points, 3]`, meters, all finite.
  /// - Returns: meters; infinity for fewer than five points.
  static func meters(of positions: [Double]) -> Double {
    let pointCount = positions.count / 3
    guard pointCount > neighborRank else { return .infinity }
    let planar = planarCoordinates(of: positions, every: 1)
    let samples = planarCoordinates(of: positions, every: max(1, pointCount / sampleCount))
    let neighborCount = neighborRank + 1
    let squared = NeighborIndex(planar, dimensions: 2)
      .nearestWithSquaredDistances(neighborCount, to: samples).squaredDistances
    let distances = stride(from: neighborRank, to: squared.count, by: neighborCount)
      .map { squared[$0].squareRoot() }
    return median(distances) / (Double(neighborRank) / .pi).squareRoot()
  }

  private static func planarCoordinates(of positions: [Double], every step: Int) -> [Double] {
    var planar: [Double] = []
    planar.reserveCapacity(positions.count / 3 / step * 2 + 2)
    for start in stride(from: 0, to: positions.count, by: 3 * step) {
      planar.append(positions[start])
      planar.append(positions[start + 1])
    }
    return planar
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let upper = sorted[sorted.count / 2]
    return sorted.count % 2 == 1 ? upper : (sorted[sorted.count / 2 - 1] + upper) / 2
  }
}
