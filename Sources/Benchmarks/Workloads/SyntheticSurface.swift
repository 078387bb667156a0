#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Points on wavy ground with the walls of eight buildings, of equal density at any size.
///
/// Relief and roughness grow with the extent: the ground under 4 096 points is as good as flat, that
/// under a million is 0.6 m thick, and sixteen neighbors there lie in half as many blocks more.
package struct SyntheticSurface: Sendable {
  /// `[points, 3]`, row-major, meters.
  package let positions: [Double]

  /// The order in which a cloud stores its points.
  package enum Order: String, Sendable, CaseIterable {
    /// Along a space-filling curve, as scanners and tiles roughly do.
    case morton
    case shuffled
  }

  private static let groundShare = 0.7
  private static let pointsPerSquareMeter = 8.0

  /// Makes the same points for the same arguments.
  package init(pointCount: Int, order: Order, seed: UInt64) {
    precondition(pointCount > 0)
    var random = SeededGenerator(seed: seed)
    let groundCount = Int(Double(pointCount) * Self.groundShare)
    let extent = (Double(max(groundCount, 1)) / Self.pointsPerSquareMeter).squareRoot()
    var points: [SIMD3<Double>] = []
    points.reserveCapacity(pointCount)
    for _ in 0..<groundCount {
      let (x, y) = (random.uniform(), random.uniform())
      let height = 0.05 * sin(9 * x) * cos(7 * y) + 0.002 * random.normal()
      points.append(extent * SIMD3(x, y, height))
    }
    let corners = (0..<8).map { _ in SIMD2(random.uniform(), random.uniform()) }
    while points.count < pointCount {
      let corner = corners[Int(random.next() % 8)]
      let along = 0.08 * random.uniform()
      let wall: SIMD2<Double> =
        switch random.next() % 4 {
        case 0: [along, 0]
        case 1: [along, 0.08]
        case 2: [0, along]
        default: [0.08, along]
        }
      points.append(
        extent * SIMD3(corner.x + wall.x, corner.y + wall.y, 0.3 * random.uniform()))
    }
    switch order {
    case .shuffled: points.shuffle(using: &random)
    case .morton: Self.sort(&points)
    }
    positions = points.flatMap { [$0.x, $0.y, $0.z] }
  }

  package var count: Int { positions.count / 3 }

  /// Sorts by the Morton code of 21 bits per axis.
  private static func sort(_ points: inout [SIMD3<Double>]) {
    let lowest = points.reduce(points[0]) { pointwiseMin($0, $1) }
    let highest = points.reduce(points[0]) { pointwiseMax($0, $1) }
    let extent = max((highest - lowest).max(), .leastNormalMagnitude)
    let scale = Double((1 << 21) - 1) / extent
    let codes = points.map { point in
      let cell = (point - lowest) * scale
      return spread(UInt64(cell.x)) | spread(UInt64(cell.y)) << 1 | spread(UInt64(cell.z)) << 2
    }
    points = codes.indices.sorted { (codes[$0], $0) < (codes[$1], $1) }.map { points[$0] }
  }

  /// Moves bit i of a 21-bit number to bit 3 i.
  private static func spread(_ word: UInt64) -> UInt64 {
    var bits = word & 0x1F_FFFF
    bits = (bits | bits << 32) & 0x1F_0000_0000_FFFF
    bits = (bits | bits << 16) & 0x1F_0000_FF00_00FF
    bits = (bits | bits << 8) & 0x100F_00F0_0F00_F00F
    bits = (bits | bits << 4) & 0x10C3_0C30_C30C_30C3
    return (bits | bits << 2) & 0x1249_2492_4924_9249
  }
}
