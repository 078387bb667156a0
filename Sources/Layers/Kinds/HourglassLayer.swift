import CKernels

/// The hourglass layer of SFL-NET: σ2(σ1(F @ W1) @ W2), `[..., input width]` →
/// `[..., output width]`, for rows of any rank (doi:10.1109/TGRS.2023.3313876).
package struct HourglassLayer: LayerConfiguration {
  package static let className = "HourglassLayer"

  let hiddenWidth: Int
  let outputWidth: Int
  let activation: ActivationFunction
  let activation2: ActivationFunction
  let regularization: HourglassRegularization?
  let regularizers: [WeightRegularizer]
  package let config: [String: ConfigValue]

  private enum Key {
    static let hiddenWidth = "Dh"
    static let outputWidth = "Dout"
    static let regularizes = "regularize"
    static let strategy = "spectral_strategy"
  }

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    hiddenWidth = try reader.integer(Key.hiddenWidth)
    outputWidth = try reader.integer(Key.outputWidth)
    activation = try Self.activation("activation", &reader)
    activation2 = try Self.activation("activation2", &reader)
    let factor = try reader.number("beta", default: 0.1)
    let strategy = try Self.strategy(&reader)
    regularization =
      try reader.bool(Key.regularizes, default: true)
      ? HourglassRegularization(strategy: strategy, factor: factor) : nil
    regularizers = [
      try reader.weightRegularizer("W1_regularizer", kernel: nil),
      try reader.weightRegularizer("W2_regularizer", kernel: nil),
    ]
    try reader.keepSerializedObjects(
      "W1_initializer", "W1_constraint", "W2_initializer", "W2_constraint")
    for key in ["sigma", "sigma2"] {
      switch reader.value(key) {
      case nil, .null: break
      default:
        throw reader.invalid(
          key,
          expected:
            "absent, since no configuration that Keras writes can hold it; use \"activation\"")
      }
    }
    _ = try reader.bool("built_W1", default: false)
    _ = try reader.bool("built_W2", default: false)
    config = reader.config
  }

  /// Null, "identity" or "relu", whatever the case of the letters.
  private static func activation(
    _ key: String, _ reader: inout ConfigReader
  ) throws(ConfigurationError) -> ActivationFunction {
    switch reader.value(key) {
    case nil: return .relu
    case .null: return .identity
    case .string(let name) where name.lowercased() == "relu": return .relu
    case .string(let name) where name.lowercased() == "identity": return .identity
    default: throw reader.invalid(key, expected: "null, \"identity\" or \"relu\"")
    }
  }

  private static func strategy(
    _ reader: inout ConfigReader
  ) throws(ConfigurationError) -> HourglassRegularization.SpectralStrategy {
    switch reader.value(Key.strategy) {
    case nil, .null: return .approximate
    case .string(let name):
      guard let strategy = HourglassRegularization.SpectralStrategy(rawValue: name.lowercased())
      else { fallthrough }
      return strategy
    default:
      throw reader.invalid(Key.strategy, expected: "null, \"unsafe\", \"safe\" or \"approx\"")
    }
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "F")
    let inputWidth = try check.channels(0)
    return try HourglassOperator(
      output: check[0].rows(lastExtent: outputWidth),
      product: HourglassProduct(
        inputWidth: inputWidth, hiddenWidth: hiddenWidth, outputWidth: outputWidth,
        weights1: try weights.take("W1", shape: [inputWidth, hiddenWidth]),
        weights2: try weights.take("W2", shape: [hiddenWidth, outputWidth]),
        activation1: activation, activation2: activation2,
        affine: ChannelAffine(channels: outputWidth), precision: weights.precision))
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    let first = try weights.take("W1", rank: 2)
    let second = try weights.take("W2", rank: 2)
    var diagnostics = LayerDiagnostics()
    diagnostics.spectralNorm = Matrix(first).spectralNorm
    diagnostics.regularizationLoss = WeightRegularizer.sum([
      regularization?.loss(of: Matrix(first)),
      regularizers[0].loss(of: first.values), regularizers[1].loss(of: second.values),
    ])
    return diagnostics
  }
}

/// The hourglass product before packing.
struct HourglassProduct: Sendable {
  let inputWidth: Int
  let hiddenWidth: Int
  let outputWidth: Int
  /// `[inputWidth, hiddenWidth]`.
  let weights1: [Float]
  /// `[hiddenWidth, outputWidth]`.
  var weights2: [Float]
  let activation1: ActivationFunction
  let activation2: ActivationFunction
  var affine: ChannelAffine
  let precision: ProductPrecision

  func packed() throws(LayerError) -> KernelObject {
    var arena = WeightArena()
    let slots = (
      weights1: arena.add(weights1), weights2: arena.add(weights2),
      scale: arena.add(affine.kernelScale), shift: arena.add(affine.kernelShift)
    )
    let pointer = unsafe arena.withPointers { address in
      var parameters = unsafe ckernels_hourglass_parameters(
        input_width: inputWidth, hidden_width: hiddenWidth, output_width: outputWidth,
        weights1: address(slots.weights1), weights2: address(slots.weights2),
        activation1: activation1.fusedOrIdentity, activation2: activation2.fusedOrIdentity,
        scale: slots.scale.map { unsafe address($0) },
        shift: slots.shift.map { unsafe address($0) }, precision: precision.kernelPrecision)
      return unsafe ckernels_hourglass_create(&parameters)
    }
    return unsafe try KernelObject(pointer) { unsafe ckernels_hourglass_destroy($0) }
  }
}

struct HourglassOperator: LayerOperator {
  let output: TensorSpec
  private let product: HourglassProduct
  private let kernel: KernelObject

  init(output: TensorSpec, product: HourglassProduct) throws(LayerError) {
    self.output = output
    self.product = product
    kernel = try product.packed()
  }

  var multiplyAddsPerPoint: Int {
    saturatingProduct(
      (output.rowWidth ?? 0) / product.outputWidth,
      product.weights1.count + product.weights2.count)
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    unsafe scratchFloats(bytes: ckernels_hourglass_scratch_bytes(kernel.pointer))
  }

  func forward(_ operands: borrowing Operands) {
    let input = unsafe operands.inputFloats(0)
    let output = unsafe operands.outputFloats
    let rows = output.count / product.outputWidth
    precondition(input.count == rows * product.inputWidth)
    guard rows > 0, let x = input.baseAddress, let y = output.baseAddress
    else { return }
    unsafe ckernels_hourglass_run(kernel.pointer, rows, x, y, operands.scratchAddress)
  }

  func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)? {
    var folded = product
    if product.activation2 == .identity && shift.allSatisfy({ $0 == 0 }) {
      folded.weights2 = BatchNormalizationFolding.scaled(product.weights2, by: scale)
    } else {
      folded.affine = product.affine.followed(scale: scale, shift: shift)
    }
    do { return try HourglassOperator(output: output, product: folded) } catch { return nil }
  }
}
