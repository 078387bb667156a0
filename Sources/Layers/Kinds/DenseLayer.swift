import CKernels

/// Keras' `Dense`: activation(x @ kernel + bias) over the last axis, for any rank.
package struct DenseLayer: LayerConfiguration {
  package static let className = "Dense"

  /// The width of the output.
  let units: Int
  let activation: ActivationFunction
  let usesBias: Bool
  let kernelRegularizer: WeightRegularizer
  package let config: [String: ConfigValue]

  private enum Key {
    static let units = "units"
    static let activation = "activation"
    static let usesBias = "use_bias"
    static let kernelRegularizer = "kernel_regularizer"
  }

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    try reader.keepKernelKeys()
    units = try reader.integer(Key.units)
    activation = try reader.activation(Key.activation)
    usesBias = try reader.bool(Key.usesBias, default: true)
    kernelRegularizer = try reader.weightRegularizer(Key.kernelRegularizer, kernel: nil)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "x")
    let inputWidth = try check.channels(0)
    let kernel = try weights.take("kernel", shape: [inputWidth, units])
    let bias = usesBias ? try weights.take("bias", shape: [units]) : nil
    return try DenseOperator(
      output: check[0].rows(lastExtent: units),
      product: DenseProduct(
        inputWidth: inputWidth, outputWidth: units, weights: kernel, bias: bias,
        activation: activation, affine: ChannelAffine(channels: units),
        precision: weights.precision))
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    let kernel = try weights.take("kernel", rank: 2)
    var diagnostics = LayerDiagnostics()
    diagnostics.spectralNorm = Matrix(kernel).spectralNorm
    diagnostics.regularizationLoss = kernelRegularizer.loss(of: kernel.values)
    return diagnostics
  }
}

/// y = activation(x @ weights + bias) * scale + shift, before packing.
struct DenseProduct: Sendable {
  let inputWidth: Int
  let outputWidth: Int
  /// `[inputWidth, outputWidth]`.
  var weights: [Float]
  /// `[outputWidth]`.
  var bias: [Float]?
  private(set) var activation: ActivationFunction
  var affine: ChannelAffine
  let precision: ProductPrecision

  /// The same product followed by a map per channel, folded in float64 into the weights where no
  /// activation stands between; `nil` after an activation that needs a pass of its own.
  func absorbing(scale: [Double], shift: [Double]) -> DenseProduct? {
    guard activation.fused != nil else { return nil }
    var folded = self
    if activation == .identity {
      folded.weights = BatchNormalizationFolding.scaled(weights, by: scale)
      folded.bias = (0..<outputWidth).map {
        Float(Double(bias?[$0] ?? 0) * scale[$0] + shift[$0])
      }
    } else {
      folded.affine = affine.followed(scale: scale, shift: shift)
    }
    return folded
  }

  /// The same product followed by a function of each element; `nil` where something stands between, or
  /// a pass of its own would be needed.
  func absorbing(activation function: ActivationFunction) -> DenseProduct? {
    guard activation == .identity, affine.isIdentity, function.fused != nil else { return nil }
    var folded = self
    folded.activation = function
    return folded
  }

  /// Packs the product for the instruction set in use.
  func packed() throws(LayerError) -> KernelObject {
    var arena = WeightArena()
    let slots = (
      weights: arena.add(weights), bias: arena.add(bias), scale: arena.add(affine.kernelScale),
      shift: arena.add(affine.kernelShift)
    )
    let pointer = unsafe arena.withPointers { address in
      var parameters = unsafe ckernels_dense_parameters(
        input_width: inputWidth, output_width: outputWidth, weights: address(slots.weights),
        bias: slots.bias.map { unsafe address($0) }, activation: activation.fusedOrIdentity,
        scale: slots.scale.map { unsafe address($0) },
        shift: slots.shift.map { unsafe address($0) }, precision: precision.kernelPrecision)
      return unsafe ckernels_dense_create(&parameters)
    }
    return unsafe try KernelObject(pointer) { unsafe ckernels_dense_destroy($0) }
  }
}

struct DenseOperator: LayerOperator {
  let output: TensorSpec
  private let product: DenseProduct
  private let kernel: KernelObject

  init(output: TensorSpec, product: DenseProduct) throws(LayerError) {
    self.output = output
    self.product = product
    kernel = try product.packed()
  }

  var multiplyAddsPerPoint: Int {
    saturatingProduct((output.rowWidth ?? 0) / product.outputWidth, product.weights.count)
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    unsafe scratchFloats(bytes: ckernels_dense_scratch_bytes(kernel.pointer))
  }

  func forward(_ operands: borrowing Operands) {
    let input = unsafe operands.inputFloats(0)
    let output = unsafe operands.outputFloats
    let rows = output.count / product.outputWidth
    precondition(input.count == rows * product.inputWidth)
    guard rows > 0, let x = input.baseAddress, let y = output.baseAddress
    else { return }
    unsafe ckernels_dense_run(kernel.pointer, rows, x, y, operands.scratchAddress)
    unsafe product.activation.applyUnfused(to: output, width: product.outputWidth)
  }

  func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)? {
    guard let product = product.absorbing(scale: scale, shift: shift) else { return nil }
    return packed(product)
  }

  func absorbing(activation: ActivationFunction) -> (any LayerOperator)? {
    guard let product = product.absorbing(activation: activation) else { return nil }
    return packed(product)
  }

  private func packed(_ product: DenseProduct) -> DenseOperator? {
    do { return try DenseOperator(output: output, product: product) } catch { return nil }
  }
}
