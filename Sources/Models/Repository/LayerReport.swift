package import Layers

/// What the stored weights of a model say about each of its layers.
package struct LayerReport: Sendable, Hashable {
  /// One layer.
  package struct Entry: Sendable, Hashable {
    package let name: String
    package let className: String
    package let config: [String: ConfigValue]
    package let inputs: [String]
    /// -1 where a request decides.
    package let outputShape: [Int]
    package let parameters: Int
    package let multiplyAddsPerPoint: Int
    package let diagnostics: LayerDiagnostics
  }

  package let model: String
  package let version: Int
  package let layers: [Entry]
  package let parameters: Int
  /// Bytes of all stored tensors.
  package let weightsByteCount: Int
  /// What the operands of the layers' matrix products are held in.
  package let precision: ProductPrecision
  /// The instruction set in use.
  package let instructionSet: String

  /// Measures every layer of a graph.
  init(
    model: String, version: Int, graph: ModelGraph, weights: SafetensorsFile,
    precision: ProductPrecision
  ) throws(ModelError) {
    self.model = model
    self.version = version
    let partition = WeightPartition(
      tensorNames: weights.names, layerNames: graph.nodes.map(\.layer.name))
    layers = try graph.nodes.map { node throws(ModelError) in
      try Self.entry(node, partition: partition, weights: weights)
    }
    parameters = layers.reduce(0) { $0 + $1.parameters }
    weightsByteCount = weights.dataByteCount
    self.precision = precision
    instructionSet = InstructionSet.name
  }

  private static func entry(
    _ node: ModelGraph.Node, partition: WeightPartition, weights: SafetensorsFile
  ) throws(ModelError) -> Entry {
    let tensors: [String: LayerWeights.Tensor]
    do { tensors = try partition.take(node.layer.name, from: weights) } catch {
      throw .graph(error)
    }
    var layerWeights = LayerWeights(tensors)
    let diagnostics: LayerDiagnostics
    do { diagnostics = try node.configuration.diagnostics(weights: &layerWeights) } catch {
      throw .graph(.layer(layer: node.layer.name, className: node.layer.className, error))
    }
    return Entry(
      name: node.layer.name, className: node.layer.className, config: node.configuration.config,
      inputs: node.layer.inputs,
      outputShape: node.layerOperator.output.extents.map { $0 ?? -1 },
      parameters: node.parameterCount,
      multiplyAddsPerPoint: node.layerOperator.multiplyAddsPerPoint, diagnostics: diagnostics)
  }

  /// The report as `inspect` and the service give it; keys that do not apply are absent, and a
  /// figure that is not a number is null.
  package var json: ConfigValue {
    .object([
      "model": .string(model), "version": .string(String(version)),
      "layers": .array(layers.map(\.json)), "parameters": .integer(parameters),
      "weights_bytes": .integer(weightsByteCount), "precision": .string(precision.rawValue),
      "isa": .string(instructionSet),
    ])
  }
}

extension LayerReport.Entry {
  fileprivate var json: ConfigValue {
    var members: [String: ConfigValue] = [
      "name": .string(name), "class_name": .string(className), "config": .object(config),
      "inputs": .array(inputs.map { .string($0) }),
      "output_shape": .array(outputShape.map { .integer($0) }),
      "parameters": .integer(parameters),
    ]
    if multiplyAddsPerPoint > 0 {
      members["multiply_adds_per_point"] = .integer(multiplyAddsPerPoint)
    }
    members["spectral_norm"] = diagnostics.spectralNorm.map { .number($0) }
    members["regularization_loss"] = diagnostics.regularizationLoss.map { .number($0) }
    members["kernel_before"] = diagnostics.kernelBefore.map { .array($0.map { .integer($0) }) }
    members["kernel_after"] = diagnostics.kernelAfter.map { .array($0.map { .integer($0) }) }
    return .object(members)
  }
}
