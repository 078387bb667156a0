import Layers

extension ExecutablePlan {
  /// Checks one request: number, types and shapes of its tensors, finite values, rows that belong
  /// together, indices that name rows of their own cloud.
  ///
  /// - Parameter request: tensors in the order of `inputs`.
  /// - Throws: `RequestError` naming the input, what was expected and what was found.
  package func validate(_ request: [HostTensor]) throws(RequestError) {
    guard request.count == inputs.count else {
      throw .inputCount(expected: inputs.count, found: request.count)
    }
    for (input, tensor) in zip(inputs, request) { try Self.validate(tensor, as: input) }
    let rows = try tensorRows(of: request)
    let byteCount = ArenaLayout(of: self, rows: rows).byteCount
    guard byteCount <= Workspace.byteLimit else {
      throw .workspace(limit: Workspace.byteLimit, found: byteCount)
    }
    for (index, tensor) in request.enumerated() {
      guard case .int32(let indices) = tensor.values, let indexRows = rows[index] else { continue }
      let sources = indexSources[index].compactMap { rows[$0]?.layout }
      try Self.validate(indices, input: inputs[index].name, rows: indexRows, sources: sources)
    }
  }

  /// How many rows each output would have, those of all clouds together.
  ///
  /// - Parameter request: tensors in the order of `inputs`.
  /// - Returns: a number for each of `outputs`.
  /// - Throws: as `validate`.
  package func outputRowCounts(of request: [HostTensor]) throws(RequestError) -> [Int] {
    try validate(request)
    let rows = try tensorRows(of: request)
    return outputTensors.map { rows[$0]?.layout.rowCount ?? 0 }
  }

  private static func validate(
    _ tensor: HostTensor, as input: NamedTensorSpec
  ) throws(RequestError) {
    guard tensor.values.elementType == input.spec.elementType else {
      throw .datatype(
        input: input.name, expected: input.datatype.rawValue,
        found: tensor.values.elementType == .float32
          ? Datatype.float32.rawValue : Datatype.int32.rawValue)
    }
    let shapeError = RequestError.shape(
      input: input.name, expected: input.spec.extents.map { $0 ?? -1 }, found: tensor.shape)
    guard tensor.shape.count == input.spec.extents.count else { throw shapeError }
    // Only the number of rows may be zero: no values would bear out the other extents.
    let mayBeEmpty = tensor.shape.count == 2 || tensor.shape.count >= 4
    var rowWidth = 1
    for (axis, extent) in tensor.shape.enumerated() {
      guard extent == input.spec.extents[axis] ?? extent,
        extent >= (axis == 0 && mayBeEmpty ? 0 : 1)
      else { throw shapeError }
      guard axis > 0 else { continue }
      let (product, overflow) = rowWidth.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= GraphInput.elementLimit else { throw shapeError }
      rowWidth = product
    }
    let (count, overflow) = rowWidth.multipliedReportingOverflow(by: tensor.shape[0])
    guard !overflow else { throw shapeError }
    guard count == tensor.values.count else {
      throw .valueCount(input: input.name, expected: count, found: tensor.values.count)
    }
    guard case .float32(let values) = tensor.values else { return }
    if let index = firstNonFinite(values) {
      throw .nonFinite(input: input.name, index: index, found: "\(values[index])")
    }
  }

  /// The first value that is infinite or NaN.
  private static func firstNonFinite(_ values: [Float]) -> Int? {
    // One pass without branches first: nearly every request is finite.
    var hasNonFinite = false
    let span = values.span
    for index in span.indices {
      hasNonFinite = hasNonFinite || span[index].bitPattern & 0x7F80_0000 == 0x7F80_0000
    }
    return hasNonFinite ? values.firstIndex { !$0.isFinite } : nil
  }

  /// Checks indices against the rows of every tensor that they name rows of.
  private static func validate(
    _ indices: [Int32], input: String, rows: InputRows, sources: [RowLayout]
  ) throws(RequestError) {
    guard !sources.isEmpty else { return }
    for cloud in 0..<rows.layout.cloudCount {
      let cloudRows = rows.layout.rows(of: cloud)
      // Layers accepted the layouts, so every source has this cloud.
      let rowCount = sources.map { $0.rows(of: cloud).count }.min() ?? 0
      let range = (cloudRows.lowerBound * rows.width)..<(cloudRows.upperBound * rows.width)
      let limit = UInt32(clamping: rowCount)
      let span = indices.span
      var isInRange = true
      // As unsigned numbers, negative indices are beyond every limit.
      for index in range {
        isInRange = isInRange && UInt32(bitPattern: span[index]) < limit
      }
      guard !isInRange else { continue }
      for index in range where UInt32(bitPattern: span[index]) >= limit {
        throw .indexOutOfRange(
          input: input, index: index, rowCount: rowCount, found: Int(span[index]))
      }
    }
  }

  /// The rows of every tensor that one request leads to; `nil` for tensors that no step makes.
  ///
  /// - Precondition: the shapes fit `inputs`.
  func tensorRows(of request: [HostTensor]) throws(RequestError) -> [InputRows?] {
    var rows: [InputRows?] = Array(repeating: nil, count: tensorSpecs.count)
    for (index, tensor) in request.enumerated() { rows[index] = InputRows(shape: tensor.shape) }
    for step in steps {
      let operands = step.inputs.compactMap { rows[$0] }
      let layout: RowLayout
      do {
        layout = try step.layerOperator.outputLayout(for: operands)
      } catch {
        throw .layout(layer: step.layer, inputs: step.inputNames, error)
      }
      guard let width = step.layerOperator.output.rowWidth else {
        preconditionFailure("layer \(step.layer) has rows of unknown width")
      }
      rows[step.output] = InputRows(layout: layout, width: width)
    }
    return rows
  }
}

extension InputRows {
  /// The rows of a tensor as `TensorSpec` divides its extents: `[width]` is one row,
  /// `[rows, width]` one cloud, `[clouds, rows, width]` several, `[rows, …]` one cloud of images.
  init(shape: [Int]) {
    switch shape.count {
    case 1: self.init(layout: RowLayout(cloudCount: 1, rowCount: 1), width: shape[0])
    case 3:
      self.init(layout: RowLayout(cloudCount: shape[0], rowCount: shape[1]), width: shape[2])
    default:
      self.init(
        layout: RowLayout(cloudCount: 1, rowCount: shape[0]),
        width: shape.dropFirst().reduce(1, *))
    }
  }
}
