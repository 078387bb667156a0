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
  let output: TensorSpec
  let multiplyAddsPerPoint = 0
  /// The contiguous elements that each input gives to one slice of the output.
  private let widths: [Int]

  init(inputs: [TensorSpec], axis: Int, axes: [ChannelAxis]) {
    var output = inputs[0].openRows
    let position = axis < 0 ? axis + output.extents.count : axis
    output.extents[position] = axes.reduce(0) { $0 + $1.extent }
    self.output = output
    widths = axes.map { $0.extent * $0.inner }
  }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.sameRows(inputs)
    return inputs[0].layout
  }

  func forward(_ operands: borrowing Operands) {
    let total = widths.reduce(0, +)
    let output = unsafe operands.outputFloats
    let slices = output.count / total
    guard slices > 0, let y = output.baseAddress else { return }
    var column = 0
    for (place, width) in widths.enumerated() {
      let input = unsafe operands.inputFloats(place)
      precondition(input.count == slices * width)
      guard let x = input.baseAddress else { return }
      unsafe ckernels_copy_columns(slices, width, x, total, column, y)
      column += width
    }
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
