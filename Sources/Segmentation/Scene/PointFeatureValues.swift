import Models

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The features of points before they are averaged over voxels.
struct PointFeatureValues: Sendable {
  private let points: CloudSubset
  /// Height of each point above ground, meters; empty where no feature needs it.
  private let heightsAboveGround: [Double]
  private let returnNumbers: [Double]?
  private let numbersOfReturns: [Double]?
  /// Whether some pulse had several returns: a sensor without them tells nothing by its ones.
  private let tellsReturnsApart: Bool
  private let lowestElevation: Double
  private let voxelUnit: Double

  init(points: CloudSubset, heightsAboveGround: [Double], voxelUnit: Double) {
    self.points = points
    self.heightsAboveGround = heightsAboveGround
    self.voxelUnit = voxelUnit
    returnNumbers = points.returnNumbers
    numbersOfReturns = points.numbersOfReturns
    tellsReturnsApart = (numbersOfReturns?.max() ?? 0) > 1
    lowestElevation =
      stride(from: 2, to: points.positions.count, by: 3).lazy.map { points.positions[$0] }.min()
      ?? 0
  }

  /// A feature of all points.
  enum Values: Sendable {
    /// One value that all points share.
    case constant(Double)
    /// `[points]`, or `[voxels]` once averaged.
    case perPoint([Double])
    /// The cloud lacks the attribute.
    case missing
  }

  /// The values of one feature, in the unit that `PointFeature` states.
  func values(of feature: PointFeature) -> Values {
    switch feature {
    case .one: .constant(1)
    case .voxelLogarithm: .constant(log(voxelUnit))
    case .heightAboveMinimum:
      .perPoint(
        stride(from: 2, to: points.positions.count, by: 3)
          .map { points.positions[$0] - lowestElevation })
    case .heightAboveGround: .perPoint(heightsAboveGround)
    case .intensity: values(points.intensities)
    case .returnNumber: values(returnNumbers)
    case .numberOfReturns: values(numbersOfReturns)
    case .multipleReturns:
      tellsReturnsApart ? values(numbersOfReturns?.map { $0 > 1 ? 1 : 0 }) : .missing
    case .returnRatio: tellsReturnsApart ? values(returnRatios) : .missing
    case .hasReturns: tellsReturnsApart ? .constant(1) : .missing
    case .red: values(points.colors(0))
    case .green: values(points.colors(1))
    case .blue: values(points.colors(2))
    case .planarity, .scattering, .normalElevation, .heightDeviation:
      preconditionFailure("\(feature) belongs to voxels")
    }
  }

  private func values(_ values: [Double]?) -> Values { values.map { .perPoint($0) } ?? .missing }

  private var returnRatios: [Double]? {
    guard let returnNumbers, let numbersOfReturns else { return nil }
    return zip(returnNumbers, numbersOfReturns).map { number, count in
      count > 0 ? number / count : 1
    }
  }
}
