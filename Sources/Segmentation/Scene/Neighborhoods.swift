import Batching
import Models
import PointClouds

/// The nearest voxels of each voxel, itself included, and what their arrangement tells.
struct Neighborhoods: Sendable {
  /// Neighbors per voxel: as many as asked for, or all voxels where there are fewer.
  private let neighborCount: Int
  /// `[voxels, neighborCount]`, nearest first.
  private let neighbors: [Int32]
  /// `[voxels, 3]`: planarity, scattering, elevation of the normal.
  private let shapes: [Double]

  private static let shapeWidth = 3

  /// Below this length, meters, a neighborhood is one point.
  private static let smallestLength = 1e-9

  /// How many voxels one thread takes at a time.
  private static let grain = 1024

  /// Searches the neighborhoods of voxels at `centers`, `[voxels, 3]`, meters, at least one.
  ///
  /// - Throws: `WorkAbandoned`.
  init(
    _ centers: [Double], neighborCount wanted: Int, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) {
    let voxelCount = centers.count / 3
    let count = min(wanted, voxelCount)
    neighborCount = count
    let positions = NeighborIndex.recentered(centers, dimensions: 3)
    let index = try NeighborIndex(positions, dimensions: 3, on: threads)
    neighbors = try threads.rows(
      voxelCount, width: count, of: Int32.self, grain: Self.grain
    ) { voxels, neighbors in
      let queries = Array(positions[(3 * voxels.lowerBound)..<(3 * voxels.upperBound)])
      for (place, neighbor) in index.nearest(count, to: queries).enumerated() {
        neighbors[place] = neighbor
      }
    }
    shapes = try threads.rows(
      voxelCount, width: Self.shapeWidth, of: Double.self, grain: Self.grain
    ) { [neighbors] voxels, shapes in
      for (place, voxel) in voxels.enumerated() {
        let (eigenvalues, normal) = Self.covariance(
          of: neighbors[(voxel * count)..<((voxel + 1) * count)], centers: centers
        ).decomposition
        // Rounding can leave the least eigenvalue of a plane slightly negative.
        let lengths = eigenvalues.replacing(with: 0, where: eigenvalues .< 0).squareRoot()
        let longest = max(lengths.x, Self.smallestLength)
        shapes[Self.shapeWidth * place] = (lengths.y - lengths.z) / longest
        shapes[Self.shapeWidth * place + 1] = lengths.z / longest
        shapes[Self.shapeWidth * place + 2] = abs(normal.z)
      }
    }
  }

  /// A feature of the neighborhoods, `[voxels]`.
  ///
  /// - Parameters:
  ///   - feature: one that `isOfNeighborhood`.
  ///   - heights: `[voxels]`: height above ground, meters, for the feature that needs it.
  /// - Returns: in the unit that `PointFeature` states.
  func values(of feature: PointFeature, heights: [Double]) -> [Double] {
    switch feature {
    case .planarity: shape(0)
    case .scattering: shape(1)
    case .normalElevation: shape(2)
    case .heightDeviation: deviations(of: heights)
    default: preconditionFailure("\(feature) is measured at points")
    }
  }

  private func shape(_ column: Int) -> [Double] {
    stride(from: column, to: shapes.count, by: Self.shapeWidth).map { shapes[$0] }
  }

  /// The mean over each neighborhood of values of the voxels, `[voxels]`.
  func means(of values: [Double]) -> [Double] {
    stride(from: 0, to: neighbors.count, by: neighborCount).map { start in
      mean(of: values, start: start)
    }
  }

  private func deviations(of values: [Double]) -> [Double] {
    stride(from: 0, to: neighbors.count, by: neighborCount).map { start in
      let mean = mean(of: values, start: start)
      var sum = 0.0
      for neighbor in neighbors[start..<(start + neighborCount)] {
        let difference = values[Int(neighbor)] - mean
        sum += difference * difference
      }
      return (sum / Double(neighborCount)).squareRoot()
    }
  }

  private func mean(of values: [Double], start: Int) -> Double {
    var sum = 0.0
    for neighbor in neighbors[start..<(start + neighborCount)] { sum += values[Int(neighbor)] }
    return sum / Double(neighborCount)
  }

  private static func covariance(
    of neighbors: ArraySlice<Int32>, centers: [Double]
  ) -> SymmetricMatrix3 {
    func position(_ voxel: Int32) -> SIMD3<Double> {
      let start = 3 * Int(voxel)
      return SIMD3(centers[start], centers[start + 1], centers[start + 2])
    }
    var mean = SIMD3<Double>(repeating: 0)
    for neighbor in neighbors { mean += position(neighbor) }
    mean /= Double(neighbors.count)
    var sum = SymmetricMatrix3()
    let scale = 1 / Double(neighbors.count).squareRoot()
    for neighbor in neighbors { sum.addSquare(of: (position(neighbor) - mean) * scale) }
    return sum
  }
}
