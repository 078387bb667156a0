import Layers

extension ExecutablePlan {
  /// Checks one request: number, types and shapes of its tensors, finite values, rows that belong
  /// together, indices that name rows of their own cloud.
  ///
  /// - Parameter request: tensors in the order of `inputs`.
  /// - Throws: `RequestError` naming the input, what was expected and what was found.
  package func validate(_ request: [HostTensor]) throws(RequestError) {
    var layout = PassLayout()
    try validate(request, using: &layout)
  }

  /// The same, with memory that many checks share.
  package func validate(
    _ request: [HostTensor], using layout: inout PassLayout
  ) throws(RequestError) {
    guard request.count == inputs.count else {
      throw .inputCount(expected: inputs.count, found: request.count)
    }
    for index in inputs.indices { try Self.validate(request[index], as: inputs[index]) }
    try layout.setRows(of: self) { _ in request }
    layout.setOffsets(of: self)
    guard layout.byteCount <= workspaceByteLimit else {
      throw .workspace(limit: workspaceByteLimit, found: layout.byteCount)
    }
    for index in inputs.indices {
      guard case .int32(let indices) = request[index].values, !indexSources[index].isEmpty,
        let rows = layout.rows[index]
      else { continue }
      try validate(indices, input: index, rows: rows, layout)
    }
  }

  /// How many rows each output would have, those of all clouds together.
  ///
  /// - Parameter request: tensors in the order of `inputs`.
  /// - Returns: a number for each of `outputs`.
  /// - Throws: as `validate`.
  package func outputRowCounts(of request: [HostTensor]) throws(RequestError) -> [Int] {
    var layout = PassLayout()
    try validate(request, using: &layout)
    return outputTensors.map { layout.rows[$0]?.layout.rowCount ?? 0 }
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
    // Made only for a request that is refused.
    var shapeError: RequestError {
      .shape(input: input.name, expected: input.spec.extents.map { $0 ?? -1 }, found: tensor.shape)
    }
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
    // One pass without branches first: nearly every request is finite. Without their sign, the bits of
    // infinity and NaN are above those of all other values.
    var largest: Int32 = 0
    let span = values.span
    for index in span.indices {
      largest = max(largest, Int32(bitPattern: span[index].bitPattern & 0x7FFF_FFFF))
    }
    return largest >= 0x7F80_0000 ? values.firstIndex { !$0.isFinite } : nil
  }

  /// Checks indices against the rows of every tensor that they name rows of.
  private func validate(
    _ indices: [Int32], input: Int, rows: InputRows, _ layout: PassLayout
  ) throws(RequestError) {
    for cloud in 0..<rows.layout.cloudCount {
      let cloudRows = rows.layout.rows(of: cloud)
      var rowCount = Int.max
      for source in indexSources[input] {
        // Layers accepted the layouts, so every source has this cloud.
        rowCount = min(rowCount, layout.rows[source]?.layout.rows(of: cloud).count ?? 0)
      }
      let range = (cloudRows.lowerBound * rows.width)..<(cloudRows.upperBound * rows.width)
      let limit = UInt32(clamping: rowCount)
      let span = indices.span.extracting(range)
      // As unsigned numbers, negative indices are beyond every limit.
      var largest: UInt32 = 0
      for index in span.indices { largest = max(largest, UInt32(bitPattern: span[index])) }
      guard largest >= limit, !range.isEmpty else { continue }
      for index in range where UInt32(bitPattern: indices[index]) >= limit {
        throw .indexOutOfRange(
          input: inputs[input].name, index: index, rowCount: rowCount, found: Int(indices[index]))
      }
    }
  }
}
