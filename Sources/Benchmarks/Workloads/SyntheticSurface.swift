#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Points on wavy, grassy ground with the walls of houses.
///
/// Waves, roughness and density are lengths in meters, and a larger cloud has more of them. Houses stand
/// on squares of land that fill a square, so that clouds are statistically the same where the number of
/// houses is a square number, as at 4 096 points and at each power of four times as many.
///
/// What a point costs at two sizes differs by the size alone, and by the border: a cloud of 4 096
/// points is one house with a garden of 19 m, half of whose points are within 3 m of where it ends.
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
  /// Meters: the standard deviation of what grows on the ground.
  private static let roughness = 0.15
  /// Meters.
  private static let wallHeight = 5.0
  private static let pointsPerHouse = 1229
  /// The edge of a house as a share of that of its square of land.
  private static let houseShare = 0.4

  /// Makes the same points for the same arguments.
  package init(pointCount: Int, order: Order, seed: UInt64) {
    precondition(pointCount > 0)
    var random = SeededGenerator(seed: seed)
    let groundCount = Int(Double(pointCount) * Self.groundShare)
    let extent = (Double(max(groundCount, 1)) / Self.pointsPerSquareMeter).squareRoot()
    var points: [SIMD3<Double>] = []
    points.reserveCapacity(pointCount)
    for _ in 0..<groundCount {
      let (x, y) = (extent * random.uniform(), extent * random.uniform())
      points.append(SIMD3(x, y, sin(x / 2) * cos(y / 2.5) + Self.roughness * random.normal()))
    }
    let houseCount = (pointCount - groundCount + Self.pointsPerHouse - 1) / Self.pointsPerHouse
    let columnCount = Int(Double(houseCount).squareRoot().rounded(.up))
    let land = extent / Double(columnCount)
    let edge = Self.houseShare * land
    let corners = (0..<houseCount).map { house in
      let square = SIMD2(Double(house / columnCount), Double(house % columnCount))
      let place = SIMD2(random.uniform(), random.uniform()) * (1 - Self.houseShare)
      return (square + place) * land
    }
    while points.count < pointCount {
      let corner = corners[points.count % houseCount]
      let along = edge * random.uniform()
      let wall: SIMD2<Double> =
        switch random.next() % 4 {
        case 0: [along, 0]
        case 1: [along, edge]
        case 2: [0, along]
        default: [edge, along]
        }
      points.append(
        SIMD3(corner.x + wall.x, corner.y + wall.y, Self.wallHeight * random.uniform()))
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
