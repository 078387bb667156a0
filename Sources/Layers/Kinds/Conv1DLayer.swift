/// Keras' `Conv1D` of width one, as networks for points have it at their end: the same dense layer
/// for every point, `[..., input width]` → `[..., filters]`.
package struct Conv1DLayer: LayerConfiguration {
  package static let className = "Conv1D"

  /// The width of the output.
  let filters: Int
  let activation: ActivationFunction
  let usesBias: Bool
  let kernelRegularizer: WeightRegularizer
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    try reader.keepKernelKeys()
    filters = try reader.integer("filters")
    guard reader.config["kernel_size"] != nil else { throw reader.missing("kernel_size") }
    // Neighbors in a list of points are no neighbors in space: a wider kernel has no meaning.
    for key in ["kernel_size", "strides", "dilation_rate"] {
      switch reader.value(key) {
      case nil: break
      case .array(let values)? where values.map(\.wholeNumber) == [1]: break
      case let value? where value.wholeNumber == 1: break
      default: throw reader.invalid(key, expected: "1, as points have no order")
      }
    }
    _ = try reader.choice("padding", default: "valid", among: ["valid", "same", "causal"])
    try reader.requireUngroupedChannelsLast()
    activation = try reader.activation("activation")
    usesBias = try reader.bool("use_bias", default: true)
    kernelRegularizer = try reader.weightRegularizer("kernel_regularizer", kernel: nil)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "x")
    let inputWidth = try check.pointWidth(0)
    let kernel = try weights.take("kernel", shape: [1, inputWidth, filters])
    let bias = usesBias ? try weights.take("bias", shape: [filters]) : nil
    return try DenseOperator(
      output: check[0].rows(lastExtent: filters),
      product: DenseProduct(
        inputWidth: inputWidth, outputWidth: filters, weights: kernel, bias: bias,
        activation: activation, affine: ChannelAffine(channels: filters),
        precision: weights.precision))
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    let kernel = try weights.take("kernel", rank: 3)
    var diagnostics = LayerDiagnostics()
    diagnostics.spectralNorm =
      Matrix(
        rowCount: kernel.shape[0] * kernel.shape[1], columnCount: kernel.shape[2],
        values: kernel.values.map(Double.init)
      ).spectralNorm
    diagnostics.regularizationLoss = kernelRegularizer.loss(of: kernel.values)
    return diagnostics
  }
}
