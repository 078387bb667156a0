import Batching

/// Finds the voxels nearest to one of them.
struct NearestVoxels: Sendable {
  private let centers: [Double]
  private let bins: PlanarBins

  /// Indexes the voxels at `centers`, `[voxels, 3]`, at least one.
  ///
  /// - Throws: `WorkAbandoned`.
  init(_ centers: [Double], on threads: WorkSharing = .alone) throws(WorkAbandoned) {
    self.centers = centers
    bins = try PlanarBins(centers, on: threads)
  }

  private var count: Int { centers.count / 3 }

  func position(_ voxel: Int) -> SIMD3<Double> {
    SIMD3(centers[3 * voxel], centers[3 * voxel + 1], centers[3 * voxel + 2])
  }

  /// The `count` voxels nearest to a voxel in x and y, ascending by index.
  ///
  /// Of equally near voxels those come first whose index follows the voxel's own, cyclically: the
  /// voxel itself always belongs to the result, and a column of many voxels is covered piecewise.
  func nearestInPlane(_ wanted: Int, to voxel: Int) -> [Int32] {
    guard wanted < count else { return Array(0..<Int32(count)) }
    let center = position(voxel)
    var radius = bins.likelyRadius(count: wanted)
    while true {
      let candidates = candidates(around: voxel, center: center, radius: radius) { offset in
        offset.x * offset.x + offset.y * offset.y
      }
      // Only within the radius no voxel was missed.
      if candidates.count >= wanted {
        return Self.nearest(wanted, of: candidates, radius: radius).map(\.voxel).sorted()
      }
      radius *= 1.5
    }
  }

  /// The voxels within `radius` meters of a voxel, at most the nearest `limit`, ascending by index.
  ///
  /// - Returns: the voxels and their squared distances, square meters.
  func within(
    _ radius: Double, of voxel: Int, limit: Int
  ) -> (voxels: [Int32], squaredDistances: [Double]) {
    let candidates = candidates(around: voxel, center: position(voxel), radius: radius) { offset in
      (offset * offset).sum()
    }
    let nearest =
      candidates.count > limit
      ? Self.nearest(limit, of: candidates, radius: radius) : candidates
    let ordered = nearest.sorted { $0.voxel < $1.voxel }
    return (ordered.map(\.voxel), ordered.map(\.squaredDistance))
  }

  private struct Candidate: Comparable {
    var squaredDistance: Double
    /// The steps from the asking voxel up to this one, cyclically.
    var steps: Int32
    var voxel: Int32

    static func < (a: Candidate, b: Candidate) -> Bool {
      a.squaredDistance == b.squaredDistance
        ? a.steps < b.steps : a.squaredDistance < b.squaredDistance
    }
  }

  /// All voxels whose squared distance, as `measure` tells from the offset, is within the radius.
  private func candidates(
    around voxel: Int, center: SIMD3<Double>, radius: Double,
    measure: (SIMD3<Double>) -> Double
  ) -> [Candidate] {
    let limit = radius * radius
    let nearby = bins.points(
      x: (center.x - radius)...(center.x + radius), y: (center.y - radius)...(center.y + radius))
    var candidates: [Candidate] = []
    candidates.reserveCapacity(nearby.count)
    for other in nearby {
      let squared = measure(position(Int(other)) - center)
      guard squared <= limit else { continue }
      let steps = Int(other) - voxel
      candidates.append(
        Candidate(
          squaredDistance: squared, steps: Int32(steps < 0 ? steps + count : steps), voxel: other))
    }
    return candidates
  }

  /// The first `wanted` candidates in their order, themselves in any order.
  ///
  /// Squared distances of an even distribution are even: counted in shells, all but one shell are
  /// taken or left whole.
  private static func nearest(
    _ wanted: Int, of candidates: [Candidate], radius: Double
  ) -> [Candidate] {
    let shellCount = 1024
    func shell(_ candidate: Candidate) -> Int {
      let share = candidate.squaredDistance / (radius * radius)
      // Also of a radius whose square is zero.
      return share < 1 ? Int(share * Double(shellCount)) : shellCount
    }
    var counts = [Int](repeating: 0, count: shellCount + 1)
    for candidate in candidates { counts[shell(candidate)] += 1 }
    var lastShell = 0
    var innerCount = 0
    while innerCount + counts[lastShell] < wanted {
      innerCount += counts[lastShell]
      lastShell += 1
    }
    var chosen: [Candidate] = []
    chosen.reserveCapacity(wanted)
    var outermost: [Candidate] = []
    for candidate in candidates {
      let shell = shell(candidate)
      if shell < lastShell { chosen.append(candidate) }
      if shell == lastShell { outermost.append(candidate) }
    }
    return chosen + outermost.sorted().prefix(wanted - innerCount)
  }
}
