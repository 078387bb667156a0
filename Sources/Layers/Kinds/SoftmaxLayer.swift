import CKernels

/// Keras' `Softmax` over any axis of a row, by default the last.
package struct SoftmaxLayer: LayerConfiguration {
  package static let className = "Softmax"

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
    let check = try InputCheck(inputs, roles: "x")
    _ = try check.channels(0)
    guard let axis = ChannelAxis(axis, of: check[0]) else {
      throw check.refusal(0, "a tensor with an axis \(axis) inside its rows")
    }
    return SoftmaxOperator(output: check[0].openRows, axis: axis)
  }
}

struct SoftmaxOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint = 0
  let axis: ChannelAxis

  /// A slice `[inner, extent]` with the axis last, unless it is already.
  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    axis.inner == 1 ? 0 : axis.extent * axis.inner
  }

  func forward(_ operands: borrowing Operands) {
    let slice = axis.extent * axis.inner
    let input = unsafe operands.inputFloats(0)
    let output = unsafe operands.outputFloats
    precondition(input.count == output.count)
    let count = output.count / slice
    guard count > 0, let x = input.baseAddress, let y = output.baseAddress
    else { return }
    guard axis.inner > 1 else {
      unsafe ckernels_softmax(count, axis.extent, x, y)
      return
    }
    guard let turned = unsafe operands.scratch.baseAddress else {
      preconditionFailure("scratch memory was asked for")
    }
    for s in 0..<count {
      // In bounds: each slice holds extent * inner elements of x, y and scratch.
      let source = unsafe x + s * slice
      let target = unsafe y + s * slice
      for c in 0..<axis.extent {
        for i in 0..<axis.inner {
          unsafe turned[i * axis.extent + c] = unsafe source[c * axis.inner + i]
        }
      }
      unsafe ckernels_softmax(axis.inner, axis.extent, turned, turned)
      for c in 0..<axis.extent {
        for i in 0..<axis.inner {
          unsafe target[c * axis.inner + i] = unsafe turned[i * axis.extent + c]
        }
      }
    }
  }
}
