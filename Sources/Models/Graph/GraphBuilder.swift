import Layers

/// The state of a graph while its layers are added one after the other.
struct GraphBuilder {
  private(set) var inputs: [NamedTensorSpec] = []
  private(set) var nodes: [ModelGraph.Node] = []
  private(set) var specs: [TensorSpec] = []
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]
  private let partition: WeightPartition
  private let weights: SafetensorsFile
  private let precision: ProductPrecision

  init(weights: SafetensorsFile, layerNames: [String], precision: ProductPrecision) {
    self.weights = weights
    self.precision = precision
    partition = WeightPartition(tensorNames: weights.names, layerNames: layerNames)
  }

  mutating func addInput(_ input: GraphInput, key: String) throws(GraphError) {
    try addTensor(named: input.name, spec: input.spec, key: key)
    inputs.append(
      NamedTensorSpec(name: input.name, datatype: input.datatype, spec: input.spec))
  }

  mutating func addLayer(_ layer: GraphLayer, key: String) throws(GraphError) {
    guard numbers[layer.name] == nil else { throw .duplicateName(key: key, name: layer.name) }
    let operands = try layer.inputs.enumerated().map { position, name throws(GraphError) in
      guard let number = number(of: name) else {
        throw .unknownInput(
          layer: layer.name, position: position, name: name,
          nearest: EditDistance.nearest(to: name, among: names))
      }
      return number
    }
    let configuration: any LayerConfiguration
    do {
      configuration = try LayerRegistry.decode(className: layer.className, config: layer.config)
    } catch {
      throw .configuration(layer: layer.name, error)
    }
    let tensors = try partition.take(layer.name, from: weights)
    var layerWeights = LayerWeights(tensors, precision: precision)
    let layerOperator: any LayerOperator
    do {
      layerOperator = try configuration.makeOperator(
        inputs: operands.map { specs[$0] }, weights: &layerWeights)
    } catch {
      throw .layer(layer: layer.name, className: layer.className, error)
    }
    guard layerWeights.names.isEmpty else {
      throw .leftoverWeights(names: layerWeights.names.map { "\(layer.name)/\($0)" })
    }
    for index in layerOperator.indexInputs where operands[index.indices] >= inputs.count {
      throw .computedIndices(layer: layer.name, input: layer.inputs[index.indices])
    }
    guard layerOperator.output.rowWidth != nil else {
      throw .layer(
        layer: layer.name, className: layer.className,
        .inputShape(input: 0, expected: "rows of a known width", found: "open"))
    }
    nodes.append(
      ModelGraph.Node(
        layer: layer, configuration: configuration, layerOperator: layerOperator,
        inputs: operands, output: specs.count,
        parameterCount: tensors.values.reduce(0) { $0 + $1.valueCount }))
    try addTensor(named: layer.name, spec: layerOperator.output, key: key)
  }

  /// Refuses tensors that belong to no layer.
  func requireNoLeftovers() throws(GraphError) {
    guard partition.orphans.isEmpty else { throw .leftoverWeights(names: partition.orphans) }
  }

  func output(_ output: GraphOutput) throws(GraphError) -> ModelGraph.Output {
    guard let number = number(of: output.source), number >= inputs.count else {
      throw .unknownOutput(
        output: output.name, layer: output.source,
        nearest: EditDistance.nearest(to: output.source, among: names.dropFirst(inputs.count)))
    }
    let spec = specs[number]
    return ModelGraph.Output(
      spec: NamedTensorSpec(
        name: output.name, datatype: spec.elementType == .float32 ? .float32 : .int32, spec: spec),
      tensor: number)
  }

  private mutating func addTensor(
    named name: String, spec: TensorSpec, key: String
  ) throws(GraphError) {
    guard numbers.updateValue(specs.count, forKey: name) == nil else {
      throw .duplicateName(key: key, name: name)
    }
    names.append(name)
    specs.append(spec)
  }

  /// The tensor of a name; `name:0` is the first, and only, result of a layer.
  private func number(of name: String) -> Int? {
    if let number = numbers[name] { return number }
    guard name.hasSuffix(":0") else { return nil }
    return numbers[String(name.dropLast(2))]
  }
}
