import Batching
import Models
import PointClouds

/// Overlapping squares of the plane, row by row; squares of too many voxels are halved until each
/// part fits.
struct GridWindowSelector: WindowSelector {
  private let centers: [Double]
  private let bins: PlanarBins
  private let squares: OverlappingSquares
  private let maximumVoxels: Int
  private let originRule: WindowOrigin
  /// Squares that hold voxels, in the order of their rows and columns.
  private let occupied: [OverlappingSquares.Square]
  private var nextSquare = 0
  /// Parts of the current square, the next one last.
  private var parts: [[Int32]] = []

  /// Prepares to cut the voxels of a scene, at least one.
  ///
  /// - Throws: `SegmentationError.extentTooLarge`, `.tooManyWindows` and `.abandoned`.
  init(
    _ scene: VoxelScene, section: SegmentationSection, on threads: WorkSharing = .alone
  ) throws(SegmentationError) {
    centers = scene.centers
    bins = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try PlanarBins(LocalPositions(scene.centers), on: threads)
    }
    maximumVoxels = section.window.maximumPoints
    originRule = section.origin
    let (low, high) = Self.bounds(of: 0..<Int32(scene.count), centers: scene.centers)
    let squares = try OverlappingSquares(
      low: SIMD2(low.x, low.y), high: SIMD2(high.x, high.y),
      extent: section.window.extentMeters, overlap: section.window.overlapMeters)
    self.squares = squares
    occupied = try squares.occupied(by: scene.centers, on: threads)
  }

  mutating func next(_ selection: inout WindowSelection) -> Bool {
    if parts.isEmpty {
      guard nextSquare < occupied.count else { return false }
      parts.append(voxels(of: occupied[nextSquare]))
      nextSquare += 1
    }
    var voxels = parts.removeLast()
    while voxels.count > maximumVoxels {
      let (first, second) = halves(of: voxels)
      parts.append(second)
      voxels = first
    }
    let (low, high) = Self.bounds(of: voxels, centers: centers)
    selection.voxels = voxels
    selection.weighEvenly()
    selection.origin = originRule.origin(
      of: voxels, center: low + (high - low) / 2, centers: centers)
    return true
  }

  private func voxels(of square: OverlappingSquares.Square) -> [Int32] {
    let (x, y) = squares.surroundings(of: square)
    var nearby: [Int32] = []
    bins.appendPoints(x: x, y: y, to: &nearby)
    return nearby.filter { voxel in
      squares.squares(around: SIMD2(centers[3 * Int(voxel)], centers[3 * Int(voxel) + 1]))
        .contains(square)
    }.sorted()
  }

  /// Halves voxels at the middle one along the longer side of their rectangle.
  private func halves(of voxels: [Int32]) -> (first: [Int32], second: [Int32]) {
    let (low, high) = Self.bounds(of: voxels, centers: centers)
    let axis = high.x - low.x >= high.y - low.y ? 0 : 1
    let ordered = voxels.sorted { a, b in
      let (first, second) = (centers[3 * Int(a) + axis], centers[3 * Int(b) + axis])
      return first == second ? a < b : first < second
    }
    let half = ordered.count / 2
    return (ordered[..<half].sorted(), ordered[half...].sorted())
  }

  /// The box around voxels, meters.
  private static func bounds(
    of voxels: some Sequence<Int32>, centers: [Double]
  ) -> (low: SIMD3<Double>, high: SIMD3<Double>) {
    var low = SIMD3(repeating: Double.infinity)
    var high = -low
    for voxel in voxels {
      let start = 3 * Int(voxel)
      let position = SIMD3(centers[start], centers[start + 1], centers[start + 2])
      low.replace(with: position, where: position .< low)
      high.replace(with: position, where: position .> high)
    }
    return (low, high)
  }
}
