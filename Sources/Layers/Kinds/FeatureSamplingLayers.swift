import CKernels

/// Features of a finer cloud carried to a coarser one: Xa `[sources, dimensions]`,
/// Xb `[points, dimensions]`, F `[sources, width]`, N `[points, neighbors]` → `[points, width]`.
package struct FeaturesDownsamplingLayer: LayerConfiguration {
  package static let className = "FeaturesDownsamplingLayer"

  let filter: NeighborFilter
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    filter = try NeighborFilter(from: &reader)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try NeighborFilterOperator(filter, inputs: inputs)
  }
}

/// Features of a coarser cloud carried to a finer one, with the inputs of
/// ``FeaturesDownsamplingLayer``.
package struct FeaturesUpsamplingLayer: LayerConfiguration {
  package static let className = "FeaturesUpsamplingLayer"

  let filter: NeighborFilter
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    filter = try NeighborFilter(from: &reader)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try NeighborFilterOperator(filter, inputs: inputs)
  }
}

/// How the features of a point's neighbors become one.
enum NeighborFilter: String, CaseIterable {
  case mean
  /// The neighbor listed first.
  case nearest
  /// Weights exp(−d² / d²max).
  case gaussian
  /// Weights exp(+d² / d²max).
  case exponential

  /// Decodes the configuration that both sampling layers have.
  init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    let name = try reader.choice(
      "filter", default: Self.mean.rawValue, among: Self.allCases.map(\.rawValue))
    self = Self(rawValue: name) ?? .mean
  }

  fileprivate var kernelKind: ckernels_filter_kind {
    switch self {
    case .mean: CKERNELS_FILTER_MEAN
    case .nearest: CKERNELS_FILTER_NEAREST
    case .gaussian: CKERNELS_FILTER_GAUSSIAN
    case .exponential: CKERNELS_FILTER_EXPONENTIAL
    }
  }
}

struct NeighborFilterOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint: Int
  let indexInputs = [IndexInput(3, into: 2)]
  private let filter: NeighborFilter
  private let dimensionCount: Int
  private let width: Int

  init(_ filter: NeighborFilter, inputs: [TensorSpec]) throws(LayerError) {
    let check = try InputCheck(inputs, roles: "Xa", "Xb", "F", "N")
    dimensionCount = try check.pointWidth(0)
    _ = try check.pointWidth(1, expected: dimensionCount)
    width = try check.pointWidth(2)
    let neighborCount = try check.neighborCount(3)
    output = check[3].rows(lastExtent: width)
    multiplyAddsPerPoint = saturatingProduct(neighborCount ?? assumedNeighborCount, width)
    self.filter = filter
  }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.hasNeighbors(inputs, 3)
    try LayoutCheck.sameRows(inputs, 2, 0)
    try LayoutCheck.sameRows(inputs, 3, 1)
    try LayoutCheck.sameClouds(inputs, 3, 2)
    return inputs[3].layout
  }

  func forward(_ operands: borrowing Operands) {
    operands.output.layout.forEachCloud(of: operands.rows) { cloud, rows in
      guard let sources = unsafe operands.inputs[0].floats(of: cloud),
        let queries = unsafe operands.inputs[1].floats(of: cloud, from: rows.lowerBound),
        let f = unsafe operands.inputs[2].floats(of: cloud),
        let n = unsafe operands.inputs[3].indices(of: cloud, from: rows.lowerBound),
        let y = unsafe operands.output.floats(of: cloud, from: rows.lowerBound)
      else { return }
      unsafe ckernels_neighbor_filter(
        filter.kernelKind, rows.count, operands.inputs[3].rowWidth, dimensionCount, width, sources,
        queries, f, n, y)
    }
  }
}
