import CKernels

/// Keras' `BatchNormalization` with its stored statistics, over any axis of a row.
package struct BatchNormalizationLayer: LayerConfiguration {
  package static let className = "BatchNormalization"

  let axis: Int
  let epsilon: Double
  let centers: Bool
  let scales: Bool
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    axis = try Self.axis(&reader)
    epsilon = try reader.number(
      "epsilon", default: BatchNormalizationFolding.defaultEpsilon,
      expected: "a number of at least 0"
    ) { $0 >= 0 }
    centers = try reader.bool("center", default: true)
    scales = try reader.bool("scale", default: true)
    _ = try reader.number("momentum", default: 0.99)
    try reader.keepSerializedObjects(
      "beta_initializer", "gamma_initializer", "moving_mean_initializer",
      "moving_variance_initializer", "beta_regularizer", "gamma_regularizer", "beta_constraint",
      "gamma_constraint")
    reader.keep(
      "synchronized", "renorm", "renorm_clipping", "renorm_momentum", "virtual_batch_size", "fused")
    config = reader.config
  }

  /// Keras 2 writes the axis as a list of one.
  private static func axis(
    _ reader: inout ConfigReader
  ) throws(ConfigurationError) -> Int {
    if case .array(let axes)? = reader.value("axis") {
      guard axes.count == 1, let axis = axes[0].wholeNumber, (-8...8).contains(axis) else {
        throw reader.invalid("axis", expected: "one axis")
      }
      return axis
    }
    return try reader.integer("axis", default: -1, in: -8...8)
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "x")
    _ = try check.channels(0)
    guard let axis = ChannelAxis(axis, of: check[0]) else {
      throw check.refusal(0, "a tensor with an axis \(axis) inside its rows")
    }
    let shape = [axis.extent]
    let affine = try BatchNormalizationFolding.affine(
      gamma: scales ? try weights.take("gamma", shape: shape) : nil,
      beta: centers ? try weights.take("beta", shape: shape) : nil,
      mean: try weights.take("moving_mean", shape: shape),
      variance: try weights.take("moving_variance", shape: shape), epsilon: epsilon,
      varianceName: "moving_variance")
    return AffineOperator(output: check[0].openRows, axis: axis, affine: affine)
  }
}

/// y = x * scale + shift per channel.
struct AffineOperator: LayerOperator {
  let output: TensorSpec
  private let axis: ChannelAxis
  private let affine: ChannelAffine
  /// `[extent * inner]`.
  private let scale: [Float]
  /// `[extent * inner]`.
  private let shift: [Float]

  init(output: TensorSpec, axis: ChannelAxis, affine: ChannelAffine) {
    self.output = output
    self.axis = axis
    self.affine = affine
    scale = affine.scale.flatMap { Array(repeating: Float($0), count: axis.inner) }
    shift = affine.shift.flatMap { Array(repeating: Float($0), count: axis.inner) }
  }

  var multiplyAddsPerPoint: Int { output.rowWidth ?? 0 }

  func forward(_ operands: borrowing Operands) {
    let input = unsafe operands.inputFloats(0)
    let output = unsafe operands.outputFloats
    precondition(input.count == output.count)
    let rows = output.count / scale.count
    guard rows > 0, let x = input.baseAddress, let y = output.baseAddress
    else { return }
    unsafe scale.withUnsafeBufferPointer { scale in
      unsafe shift.withUnsafeBufferPointer { shift in
        guard let scaleBase = scale.baseAddress,
          let shiftBase = shift.baseAddress
        else { return }
        unsafe ckernels_affine(rows, scale.count, x, scaleBase, shiftBase, y)
      }
    }
  }

  var channelAffine: (scale: [Double], shift: [Double])? {
    axis.inner == 1 ? (affine.scale, affine.shift) : nil
  }

  func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)? {
    guard axis.inner == 1 else { return nil }
    return AffineOperator(
      output: output, axis: axis, affine: affine.followed(scale: scale, shift: shift))
  }
}
