import GoldenFiles
import Layers
import Testing

/// Asks a layer as a model does: configuration, operator, forward call on aligned memory.
struct LayerDoor: Sendable {
  let configuration: any LayerConfiguration
  let layerOperator: any LayerOperator

  /// Decodes the configuration, makes the operator for inputs like these and sees to it that no
  /// weight is left.
  init(
    _ className: String, _ config: [String: ConfigValue], inputs: [GoldenTensor],
    weights: [String: GoldenTensor] = [:]
  ) throws {
    configuration = try LayerRegistry.decode(className: className, config: config)
    var stored = LayerWeights(weights.mapValues(\.weight))
    layerOperator = try configuration.makeOperator(
      inputs: inputs.map(\.spec), weights: &stored)
    try #require(stored.names.isEmpty, "weights were left over: \(stored.names)")
  }

  /// The same layer with another operator.
  init(_ door: LayerDoor, _ layerOperator: any LayerOperator) {
    configuration = door.configuration
    self.layerOperator = layerOperator
  }

  /// The answer to one request.
  func answer(_ inputs: [GoldenTensor]) throws -> GoldenTensor {
    try answer(inputs, layouts: inputs.map(\.layout))
  }

  /// The answer to inputs whose rows belong to clouds of any sizes, from one call of the operator or
  /// from several for so many rows each.
  func answer(
    _ inputs: [GoldenTensor], layouts: [RowLayout], rowsPerCall: Int? = nil
  ) throws -> GoldenTensor {
    let rows = zip(inputs, layouts).map { InputRows(layout: $1, width: $0.rowWidth) }
    let layout = try layerOperator.outputLayout(for: rows)
    let width = try #require(layerOperator.output.rowWidth)
    let memory = zip(inputs, layouts).map { AlignedMemory($0, layout: $1) }
    let output = AlignedMemory(elementCount: layout.rowCount * width)
    let scratch = AlignedMemory(elementCount: layerOperator.scratchFloatCount(for: rows))
    let shared = AlignedMemory(elementCount: layerOperator.sharedScratchFloatCount(for: rows))
    var operands = unsafe Operands(
      inputs: zip(memory, rows).map { $0.view(layout: $1.layout, rowWidth: $1.width) },
      output: output.view(layout: layout, rowWidth: width), scratch: scratch.floats,
      sharedScratch: shared.floats)
    for phase in 0..<layerOperator.phaseCount {
      operands.phase = phase
      // The last rows first: nothing may depend on an order.
      for first in stride(from: 0, to: layout.rowCount, by: rowsPerCall ?? max(layout.rowCount, 1))
        .reversed()
      {
        operands.rows = first..<min(first + (rowsPerCall ?? layout.rowCount), layout.rowCount)
        layerOperator.forward(operands)
      }
    }
    for (position, input) in inputs.enumerated() {
      #expect(memory[position].holds(input), "input \(position) was written to")
    }
    #expect(
      output.endsIntact && scratch.endsIntact && shared.endsIntact,
      "memory behind a buffer was written to")
    let extents = layerOperator.output.extents
    let leading = extents.count - layerOperator.output.rowRank
    let row = layerOperator.output.rowExtents.compactMap { $0 }
    let shape =
      leading == 2
      ? [layout.cloudCount, layout.rowCount / max(1, layout.cloudCount)] + row
      : [layout.rowCount] + row
    return layerOperator.output.elementType == .float32
      ? GoldenTensor(shape: shape, floats: output.floatValues)
      : GoldenTensor(shape: shape, integers: output.integerValues)
  }
}

extension GoldenTensor {
  /// The spec of a graph input for tensors like this one: leading extents open.
  var spec: TensorSpec {
    let type: TensorSpec.ElementType = integers.isEmpty && !floats.isEmpty ? .float32 : elementType
    var spec = TensorSpec(type, extents: shape.map(Optional.some))
    for axis in 0..<(shape.count - spec.rowRank) { spec.extents[axis] = nil }
    return spec
  }

  private var elementType: TensorSpec.ElementType { integers.isEmpty ? .float32 : .int32 }

  var rowWidth: Int { shape.suffix(spec.rowRank).reduce(1, *) }

  /// `[rows, width]` and images are one cloud, `[clouds, rows, width]` are equal clouds.
  var layout: RowLayout {
    shape.count == 3
      ? RowLayout(cloudCount: shape[0], rowCount: shape[1])
      : RowLayout(cloudCount: 1, rowCount: shape[0])
  }
}
