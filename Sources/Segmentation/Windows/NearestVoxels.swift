import Batching
import PointClouds

/// Finds the voxels nearest to one of them.
struct NearestVoxels: Sendable {
  private let centers: [Double]
  private let bins: PlanarBins
  // What follows is the memory of one search, which the next one uses again.
  private var nearby: [Int32] = []
  private var candidates: [Candidate] = []
  private var outermost: [Candidate] = []
  private var shellCounts: [Int] = []
  /// A bit for each voxel, all of them zero between searches.
  private var marks: [UInt64]

  /// Indexes the voxels at `centers`, `[voxels, 3]`, at least one.
  ///
  /// - Throws: `WorkAbandoned`.
  init(_ centers: [Double], on threads: WorkSharing = .alone) throws(WorkAbandoned) {
    self.centers = centers
    bins = try PlanarBins(LocalPositions(centers), on: threads)
    marks = [UInt64](repeating: 0, count: centers.count / 3 / UInt64.bitWidth + 1)
  }

  private var count: Int { centers.count / 3 }

  func position(_ voxel: Int) -> SIMD3<Double> {
    SIMD3(centers[3 * voxel], centers[3 * voxel + 1], centers[3 * voxel + 2])
  }

  /// Finds the `wanted` voxels nearest to a voxel in x and y, ascending by index.
  ///
  /// Of equally near voxels those come first whose index follows the voxel's own, cyclically: the
  /// voxel itself always belongs to the result, and a column of many voxels is covered piecewise.
  mutating func nearestInPlane(_ wanted: Int, to voxel: Int, into voxels: inout [Int32]) {
    guard wanted < count else {
      voxels.removeAll(keepingCapacity: true)
      voxels.append(contentsOf: 0..<Int32(count))
      return
    }
    let center = position(voxel)
    var radius = bins.likelyRadius(count: wanted)
    while true {
      findCandidates(around: voxel, center: center, radius: radius) { offset in
        offset.x * offset.x + offset.y * offset.y
      }
      // Only within the radius no voxel was missed.
      if candidates.count >= wanted { break }
      radius *= 1.5
    }
    keepNearest(wanted, radius: radius)
    takeCandidates(into: &voxels)
  }

  /// Finds the voxels within `radius` meters of a voxel, at most the nearest `limit`, ascending by
  /// index.
  mutating func within(
    _ radius: Double, of voxel: Int, limit: Int, into voxels: inout [Int32]
  ) {
    findCandidates(around: voxel, center: position(voxel), radius: radius) { offset in
      (offset * offset).sum()
    }
    if candidates.count > limit { keepNearest(limit, radius: radius) }
    takeCandidates(into: &voxels)
  }

  /// The squared distance between two voxels, square meters.
  func squaredDistance(_ voxel: Int, _ other: Int) -> Double {
    let offset = position(other) - position(voxel)
    return (offset * offset).sum()
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

  /// Makes all voxels the candidates whose squared distance, as `measure` tells from the offset, is
  /// within the radius.
  private mutating func findCandidates(
    around voxel: Int, center: SIMD3<Double>, radius: Double,
    measure: (SIMD3<Double>) -> Double
  ) {
    let limit = radius * radius
    nearby.removeAll(keepingCapacity: true)
    bins.appendPoints(
      x: (center.x - radius)...(center.x + radius), y: (center.y - radius)...(center.y + radius),
      to: &nearby)
    candidates.removeAll(keepingCapacity: true)
    candidates.reserveCapacity(nearby.count)
    for other in nearby {
      let squared = measure(position(Int(other)) - center)
      guard squared <= limit else { continue }
      let steps = Int(other) - voxel
      candidates.append(
        Candidate(
          squaredDistance: squared, steps: Int32(steps < 0 ? steps + count : steps), voxel: other))
    }
  }

  /// Keeps the first `wanted` candidates in their order, themselves in any order.
  ///
  /// Squared distances of an even distribution are even: counted in shells, all but one shell are
  /// taken or left whole.
  private mutating func keepNearest(_ wanted: Int, radius: Double) {
    let shellCount = 1024
    func shell(_ candidate: Candidate) -> Int {
      let share = candidate.squaredDistance / (radius * radius)
      // Also of a radius whose square is zero.
      return share < 1 ? Int(share * Double(shellCount)) : shellCount
    }
    shellCounts.removeAll(keepingCapacity: true)
    shellCounts.append(contentsOf: repeatElement(0, count: shellCount + 1))
    for candidate in candidates { shellCounts[shell(candidate)] += 1 }
    var lastShell = 0
    var innerCount = 0
    while innerCount + shellCounts[lastShell] < wanted {
      innerCount += shellCounts[lastShell]
      lastShell += 1
    }
    outermost.removeAll(keepingCapacity: true)
    var kept = 0
    for place in candidates.indices {
      let candidate = candidates[place]
      let shell = shell(candidate)
      if shell == lastShell { outermost.append(candidate) }
      guard shell < lastShell else { continue }
      candidates[kept] = candidate
      kept += 1
    }
    candidates.removeLast(candidates.count - kept)
    outermost.sort()
    candidates.append(contentsOf: outermost[..<(wanted - innerCount)])
  }

  /// Puts the candidates' voxels into ascending order: a mark for each, read in the order of the
  /// voxels.
  private mutating func takeCandidates(into voxels: inout [Int32]) {
    voxels.removeAll(keepingCapacity: true)
    voxels.reserveCapacity(candidates.count)
    var (first, last) = (Int.max, 0)
    for candidate in candidates {
      let (word, bit) = Int(candidate.voxel).quotientAndRemainder(dividingBy: UInt64.bitWidth)
      marks[word] |= 1 << UInt64(bit)
      (first, last) = (min(first, word), max(last, word))
    }
    guard first <= last else { return }
    for word in first...last {
      var left = marks[word]
      marks[word] = 0
      while left != 0 {
        voxels.append(Int32(word * UInt64.bitWidth + left.trailingZeroBitCount))
        left &= left - 1
      }
    }
  }
}
