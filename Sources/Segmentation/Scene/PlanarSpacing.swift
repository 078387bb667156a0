import Batching
import PointClouds

/// The typical distance between neighboring points as seen from above.
enum PlanarSpacing {
  /// About how many points are asked for their neighbors.
  private static let sampleCount = 3000
  /// Which neighbor of a point, itself not counted, is measured.
  private static let neighborRank = 4
  /// How many of them one thread takes at a time.
  private static let grain = 250
  /// The most points that one point is compared with before an index is made.
  private static let candidateLimit = 4096

  /// The median distance to the fourth neighbor in x and y, scaled to the side of the square that one
  /// point of an even distribution has to itself.
  ///
  /// - Parameters:
  ///   - positions: meters, all finite.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: meters; infinity for fewer than five points.
  /// - Throws: `WorkAbandoned`.
  static func meters(
    of positions: LocalPositions, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) -> Double {
    let pointCount = positions.count
    guard pointCount > neighborRank else { return .infinity }
    let samples = Array(stride(from: 0, to: pointCount, by: max(1, pointCount / sampleCount)))
    let squaredDistances: [Double]
    if let found = try Self.squaredDistances(ofPoints: samples, in: positions, on: threads) {
      squaredDistances = found
    } else {
      squaredDistances = try squaredDistancesByIndex(
        ofPoints: samples, in: positions, on: threads)
    }
    let distances = squaredDistances.map { $0.squareRoot() }
    return median(distances) / (Double(neighborRank) / .pi).squareRoot()
  }

  /// The squared distance from each point to its fourth neighbor in x and y; `nil` where the points
  /// lie so unevenly that bins are no help.
  private static func squaredDistances(
    ofPoints samples: [Int], in positions: LocalPositions, on threads: WorkSharing
  ) throws(WorkAbandoned) -> [Double]? {
    let bins = try PlanarBins(positions, on: threads)
    let parts = try threads.map((samples.count + grain - 1) / grain) { part in
      squaredDistances(
        ofPoints: samples[(part * grain)..<min((part + 1) * grain, samples.count)], in: positions,
        bins)
    }
    return parts.reduce([]) { all, part in
      guard let all, let part else { return nil }
      return all + part
    }
  }

  private static func squaredDistances(
    ofPoints samples: ArraySlice<Int>, in positions: LocalPositions, _ bins: PlanarBins
  ) -> [Double]? {
    let likelyRadius = bins.likelyRadius(count: neighborRank + 1)
    var squaredDistances: [Double] = []
    squaredDistances.reserveCapacity(samples.count)
    var candidates: [Int32] = []
    for point in samples {
      let position = positions[point]
      let (x, y) = (position.x, position.y)
      var radius = likelyRadius
      while true {
        candidates.removeAll(keepingCapacity: true)
        bins.appendPoints(
          x: (x - radius)...(x + radius), y: (y - radius)...(y + radius), to: &candidates)
        guard candidates.count <= candidateLimit else { return nil }
        let squared = squaredDistanceOfNeighbor(of: point, among: candidates, in: positions)
        // Only closer than the radius no point was missed.
        if squared < radius * radius || candidates.count == positions.count {
          squaredDistances.append(squared)
          break
        }
        radius *= 2
      }
    }
    return squaredDistances
  }

  /// The squared distance to the fourth neighbor among some points, which include the point itself;
  /// infinity where these are too few.
  private static func squaredDistanceOfNeighbor(
    of point: Int, among candidates: [Int32], in positions: LocalPositions
  ) -> Double {
    let position = positions[point]
    // Ascending.
    var nearest = InlineArray<5, Double>(repeating: .infinity)
    for candidate in candidates {
      let offset = positions[Int(candidate)] - position
      let squared = offset.x * offset.x + offset.y * offset.y
      guard squared < nearest[neighborRank] else { continue }
      var place = neighborRank
      while place > 0, squared < nearest[place - 1] {
        nearest[place] = nearest[place - 1]
        place -= 1
      }
      nearest[place] = squared
    }
    return nearest[neighborRank]
  }

  /// The same for points that lie in any way, to the precision of float32 coordinates.
  private static func squaredDistancesByIndex(
    ofPoints samples: [Int], in positions: LocalPositions, on threads: WorkSharing
  ) throws(WorkAbandoned) -> [Double] {
    var planar: [Double] = []
    planar.reserveCapacity(2 * positions.count)
    for point in 0..<positions.count {
      planar.append(positions[point].x)
      planar.append(positions[point].y)
    }
    let points = NeighborIndex.recentered(planar, dimensions: 2)
    let neighborCount = neighborRank + 1
    let nearest = try NeighborIndex(points, dimensions: 2, on: threads)
      .nearest(neighborCount, to: samples.flatMap { points[(2 * $0)..<(2 * $0 + 2)] })
    return samples.enumerated().map { row, point in
      let neighbors = nearest[(row * neighborCount)..<((row + 1) * neighborCount)]
      return squaredDistanceOfNeighbor(of: point, among: Array(neighbors), in: positions)
    }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let upper = sorted[sorted.count / 2]
    return sorted.count % 2 == 1 ? upper : (sorted[sorted.count / 2 - 1] + upper) / 2
  }
}
