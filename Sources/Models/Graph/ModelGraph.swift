package import Layers

/// A manifest whose names resolve, whose shapes chain and whose weights are all taken, once each.
///
/// Tensors are numbered: first the graph's inputs, then the result of each layer in order.
package struct ModelGraph: Sendable {
  /// One layer with its weights.
  package struct Node: Sendable {
    package let layer: GraphLayer
    package let configuration: any LayerConfiguration
    package let layerOperator: any LayerOperator
    /// Tensor numbers, in the order of the layer's inputs.
    package let inputs: [Int]
    /// The number of the layer's result.
    package let output: Int
    /// Elements of all stored tensors of the layer.
    package let parameterCount: Int
  }

  /// One result that clients see.
  package struct Output: Sendable {
    package let spec: NamedTensorSpec
    /// Tensor number.
    package let tensor: Int
  }

  package let inputs: [NamedTensorSpec]
  package let nodes: [Node]
  package let outputs: [Output]
  /// What each numbered tensor is.
  package let tensorSpecs: [TensorSpec]
  /// What each numbered tensor is called.
  package let tensorNames: [String]

  /// Builds the layers of a manifest.
  ///
  /// - Parameters:
  ///   - manifest: the parsed `model.json`.
  ///   - weights: the tensors, named `<layer>/<weight>`.
  ///   - otherLayers: names of layers that the manifest lacks although the weights have theirs.
  /// - Throws: `GraphError` naming file, layer, key or tensor, what was expected and what was found.
  package init(
    _ manifest: ModelManifest, weights: SafetensorsFile, otherLayers: [String] = []
  ) throws(GraphError) {
    var builder = GraphBuilder(
      weights: weights, layerNames: manifest.layers.map(\.name) + otherLayers,
      precision: manifest.precision)
    for (index, input) in manifest.inputs.enumerated() {
      try builder.addInput(input, key: "inputs[\(index)].name")
    }
    for (index, layer) in manifest.layers.enumerated() {
      try builder.addLayer(layer, key: "layers[\(index)].name")
    }
    try builder.requireNoLeftovers()
    inputs = builder.inputs
    nodes = builder.nodes
    tensorSpecs = builder.specs
    tensorNames = builder.names
    var seen: Set<String> = []
    outputs = try manifest.outputs.enumerated().map { index, output throws(GraphError) in
      guard seen.insert(output.name).inserted else {
        throw .duplicateName(key: "outputs[\(index)].name", name: output.name)
      }
      return try builder.output(output)
    }
  }
}
