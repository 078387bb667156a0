import CKernels

/// Keras' `Concatenate` along any axis of a row, by default the last.
package struct ConcatenateLayer: LayerConfiguration {
  package static let className = "Concatenate"

  let axis: Int
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    axis = try reader.integer("axis", default: -1, in: -8...8)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, atLeast: 1)
    var axes: [ChannelAxis] = []
    for input in inputs.indices {
      _ = try check.channels(input)
      guard check[input].extents.count == check[0].extents.count,
        let axis = ChannelAxis(axis, of: check[input])
      else {
        throw check.refusal(
          input, "a tensor of rank \(check[0].extents.count) with an axis \(axis) inside its rows")
      }
      guard axis.outer == (axes.first ?? axis).outer, axis.inner == (axes.first ?? axis).inner
      else {
        throw check.refusal(
          input, "equal to \(check[0].text) but for axis \(self.axis)")
      }
      axes.append(axis)
    }
    let joined = ConcatenateOperator(inputs: inputs, axis: axis, axes: axes)
    guard joined.output.rowWidth != nil else {
      throw check.refusal(inputs.count - 1, "small enough to join the inputs before it")
    }
    return joined
  }
}

struct ConcatenateOperator: LayerOperator {
  /// What one tensor gives to each slice of the output.
  private struct Part {
    /// The number of contiguous elements.
    let width: Int
    /// The position of the tensor.
    let input: Int
    /// The position of the indices of its rows; `nil` where it gives all rows in turn.
    var indices: Int?

    /// The position of the input that has as many rows as the output.
    var rows: Int { indices ?? input }
  }

  /// Rows that stay in the nearest cache while the parts come one after the other.
  private static let blockRowCount = 64

  let output: TensorSpec
  let multiplyAddsPerPoint = 0
  private var parts: [Part]

  init(inputs: [TensorSpec], axis: Int, axes: [ChannelAxis]) {
    var output = inputs[0].openRows
    let position = axis < 0 ? axis + output.extents.count : axis
    output.extents[position] = axes.reduce(0) { $0 + $1.extent }
    self.output = output
    parts = axes.enumerated().map { Part(width: $1.extent * $1.inner, input: $0) }
  }

  /// Elements of a slice.
  private var sliceWidth: Int { parts.reduce(0) { $0 + $1.width } }

  var indexInputs: [IndexInput] {
    parts.compactMap { part in part.indices.map { IndexInput($0, into: part.input) } }
  }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    for part in parts {
      try LayoutCheck.sameRows(inputs, parts[0].rows, part.rows)
      try LayoutCheck.sameClouds(inputs, part.rows, part.input)
    }
    return inputs[parts[0].rows].layout
  }

  func forward(_ operands: borrowing Operands) {
    let rows = operands.rows
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.blockRowCount) {
      let block = first..<min(first + Self.blockRowCount, rows.upperBound)
      var column = 0
      for part in parts {
        if let indices = part.indices {
          gather(part, indices, operands, rows: block, column: column)
        } else {
          copy(part, operands, rows: block, column: column)
        }
        column += part.width
      }
    }
  }

  private func copy(_ part: Part, _ operands: borrowing Operands, rows: Range<Int>, column: Int) {
    let output = unsafe operands.output.floats(of: rows)
    let input = unsafe operands.inputs[part.input].floats(of: rows)
    let slices = output.count / sliceWidth
    precondition(input.count == slices * part.width)
    guard let x = input.baseAddress, let y = output.baseAddress else { return }
    unsafe ckernels_copy_columns(slices, part.width, x, sliceWidth, column, y)
  }

  private func gather(
    _ part: Part, _ indices: Int, _ operands: borrowing Operands, rows: Range<Int>, column: Int
  ) {
    let (source, names) = (operands.inputs[part.input], operands.inputs[indices])
    let output = operands.output
    output.layout.forEachCloud(of: rows) { cloud, rows in
      guard let f = unsafe source.floats(of: cloud),
        let n = unsafe names.indices(of: cloud, from: rows.lowerBound),
        let y = unsafe output.floats(of: cloud, from: rows.lowerBound)
      else { return }
      unsafe ckernels_gather_columns(rows.count, part.width, f, n, sliceWidth, column, y)
    }
  }

  func gathering(input: Int) -> (any LayerOperator)? {
    // Indices name rows, so a row has to be one slice; and no tensor serves two parts.
    guard sliceWidth == output.rowWidth else { return nil }
    var gathering = self
    gathering.parts[input].indices = parts.count + indexInputs.count
    return gathering
  }
}

/// Keras' `Add`: the sum of tensors of one shape, from the first to the last.
package struct AddLayer: LayerConfiguration {
  package static let className = "Add"

  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, atLeast: 2)
    for input in inputs.indices {
      _ = try check.channels(input)
      guard check[input].rowExtents == check[0].rowExtents else {
        throw check.refusal(input, "a tensor with the rows of \(check[0].text)")
      }
    }
    return AddOperator(output: check[0].openRows, inputCount: inputs.count)
  }
}

struct AddOperator: LayerOperator {
  let output: TensorSpec
  let inputCount: Int

  var multiplyAddsPerPoint: Int { saturatingProduct(inputCount - 1, output.rowWidth ?? 0) }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.sameRows(inputs)
    return inputs[0].layout
  }

  func forward(_ operands: borrowing Operands) {
    let output = unsafe operands.outputFloats
    guard output.count > 0, let y = output.baseAddress,
      var sum = unsafe operands.inputFloats(0).baseAddress
    else { return }
    for place in operands.inputs.indices.dropFirst() {
      let input = unsafe operands.inputFloats(place)
      precondition(input.count == output.count)
      guard let x = input.baseAddress else { return }
      unsafe ckernels_add(output.count, sum, x, y)
      unsafe sum = y
    }
  }
}
