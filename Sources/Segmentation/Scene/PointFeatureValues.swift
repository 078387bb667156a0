import Models
import PointClouds

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
  /// How high a point lies above ground, meters; `nil` where no feature needs it.
  let heightAboveGround: (@Sendable (Int) -> Double)?
  /// Whether some pulse had several returns: a sensor without them tells nothing by its ones.
  private let tellsReturnsApart: Bool
  private let voxelUnit: Double

  init(
    points: CloudSubset, heightAboveGround: (@Sendable (Int) -> Double)?, voxelUnit: Double
  ) {
    self.points = points
    self.heightAboveGround = heightAboveGround
    self.voxelUnit = voxelUnit
    let positions = points.positions
    tellsReturnsApart =
      points.attributes.numberOfReturns.map { counts in
        (0..<positions.count).contains { counts[positions.point(at: $0)] > 1 }
      } ?? false
  }

  /// A feature of all points.
  enum Values: Sendable {
    /// One value that all points share.
    case constant(Double)
    /// The value of each point by its place in the subset.
    case perPoint(@Sendable (Int) -> Double)
    /// The cloud lacks the attribute.
    case missing
  }

  /// The values of one feature, in the unit that `PointFeature` states.
  func values(of feature: PointFeature) -> Values {
    let attributes = points.attributes
    switch feature {
    case .one: return .constant(1)
    case .voxelLogarithm: return .constant(log(voxelUnit))
    case .heightAboveMinimum:
      let (positions, lowest) = (points.positions, points.lowestElevation)
      return .perPoint { positions[$0].z - lowest }
    case .heightAboveGround:
      guard let heightAboveGround else {
        preconditionFailure("the features were looked through for this one")
      }
      return .perPoint(heightAboveGround)
    case .intensity: return perPoint(attributes.intensity) { Double($0) }
    case .returnNumber: return perPoint(attributes.returnNumber) { Double($0) }
    case .numberOfReturns: return perPoint(attributes.numberOfReturns) { Double($0) }
    case .multipleReturns:
      guard tellsReturnsApart else { return .missing }
      return perPoint(attributes.numberOfReturns) { $0 > 1 ? 1 : 0 }
    case .returnRatio:
      guard tellsReturnsApart, let counts = attributes.numberOfReturns else { return .missing }
      return perPoint(attributes.returnNumber) { number, point in
        counts[point] > 0 ? Double(number) / Double(counts[point]) : 1
      }
    case .hasReturns: return tellsReturnsApart ? .constant(1) : .missing
    case .red: return color(0)
    case .green: return color(1)
    case .blue: return color(2)
    case .planarity, .scattering, .normalElevation, .heightDeviation:
      preconditionFailure("\(feature) belongs to voxels")
    }
  }

  /// One of red, green and blue, counted from 0.
  private func color(_ component: Int) -> Values {
    guard let colors = points.attributes.colors else { return .missing }
    let positions = points.positions
    return .perPoint { Double(colors[3 * positions.point(at: $0) + component]) }
  }

  private func perPoint<Value: Sendable>(
    _ values: [Value]?, _ number: @escaping @Sendable (Value) -> Double
  ) -> Values {
    perPoint(values) { value, _ in number(value) }
  }

  /// What becomes of an attribute, given its value and the point of the cloud.
  private func perPoint<Value: Sendable>(
    _ values: [Value]?, _ number: @escaping @Sendable (Value, Int) -> Double
  ) -> Values {
    guard let values else { return .missing }
    let positions = points.positions
    return .perPoint { place in
      let point = positions.point(at: place)
      return number(values[point], point)
    }
  }
}
