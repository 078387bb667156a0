import CKernels

/// The largest feature, per channel, of each point's neighbors: F `[sources, width]`,
/// N `[points, neighbors]` → `[points, width]`.
package struct NeighborMaxPoolingLayer: LayerConfiguration {
  package static let className = "NeighborMaxPooling"

  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "F", "N")
    let width = try check.pointWidth(0)
    _ = try check.neighborCount(1)
    return NeighborMaxPoolingOperator(output: check[1].rows(lastExtent: width), width: width)
  }
}

struct NeighborMaxPoolingOperator: LayerOperator {
  let output: TensorSpec
  let width: Int
  let multiplyAddsPerPoint = 0
  let indexInputs = [IndexInput(1, into: 0)]

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.hasNeighbors(inputs, 1)
    try LayoutCheck.sameClouds(inputs, 1, 0)
    return inputs[1].layout
  }

  func forward(_ operands: borrowing Operands) {
    operands.output.layout.forEachCloud(of: operands.rows) { cloud, rows in
      guard let f = unsafe operands.inputs[0].floats(of: cloud),
        let n = unsafe operands.inputs[1].indices(of: cloud, from: rows.lowerBound),
        let y = unsafe operands.output.floats(of: cloud, from: rows.lowerBound)
      else { return }
      unsafe ckernels_neighbor_max(rows.count, operands.inputs[1].rowWidth, width, f, n, y)
    }
  }
}

/// One row for each index, such as the nearest coarse point's features on the way up:
/// F `[sources, width]`, N `[points, 1]` → `[points, width]`.
package struct GatherLayer: LayerConfiguration {
  package static let className = "Gather"

  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "F", "N")
    let width = try check.pointWidth(0)
    _ = try check.neighborCount(1, expected: 1)
    return GatherOperator(output: check[1].rows(lastExtent: width), width: width)
  }
}

struct GatherOperator: LayerOperator {
  let output: TensorSpec
  let width: Int
  let multiplyAddsPerPoint = 0
  let isGather = true
  let indexInputs = [IndexInput(1, into: 0)]

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.sameClouds(inputs, 1, 0)
    return inputs[1].layout
  }

  func forward(_ operands: borrowing Operands) {
    operands.output.layout.forEachCloud(of: operands.rows) { cloud, rows in
      guard let f = unsafe operands.inputs[0].floats(of: cloud),
        let n = unsafe operands.inputs[1].indices(of: cloud, from: rows.lowerBound),
        let y = unsafe operands.output.floats(of: cloud, from: rows.lowerBound)
      else { return }
      unsafe ckernels_gather_rows(rows.count, width, f, n, y)
    }
  }
}
