import CKernels

/// Keras' `Conv2D`, channels last: x `[images, height, width, channels]` →
/// `[images, output height, output width, filters]`.
package struct Conv2DLayer: LayerConfiguration {
  package static let className = "Conv2D"

  /// The channels of the output.
  let filters: Int
  let kernel: Extents
  let strides: Extents
  let dilation: Extents
  /// Whether the output is as large as the input, divided by the strides.
  let padsToSame: Bool
  let activation: ActivationFunction
  let usesBias: Bool
  let kernelRegularizer: WeightRegularizer
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    try reader.keepKernelKeys()
    filters = try reader.integer("filters")
    kernel = try reader.pair("kernel_size")
    let one = Extents(height: 1, width: 1)
    strides = try reader.pair("strides", default: one)
    dilation = try reader.pair("dilation_rate", default: one)
    guard strides == one || dilation == one else {
      throw reader.invalid("dilation_rate", expected: "1 where \"strides\" is not")
    }
    padsToSame =
      try reader.choice("padding", default: "valid", among: ["valid", "same"]) == "same"
    try reader.requireUngroupedChannelsLast()
    activation = try reader.activation("activation")
    usesBias = try reader.bool("use_bias", default: true)
    kernelRegularizer = try reader.weightRegularizer("kernel_regularizer", kernel: kernel)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "x")
    let channels = try check.channels(0)
    guard check[0].extents.count == 4, let height = check[0].extents[1],
      let width = check[0].extents[2]
    else {
      throw check.refusal(0, "float32 [images, height, width, channels], all known but images")
    }
    guard
      let geometry = ConvolutionGeometry(
        input: Extents(height: height, width: width), kernel: kernel, strides: strides,
        dilation: dilation, padsToSame: padsToSame)
    else {
      throw check.refusal(
        0,
        "an image at least as large as the kernel [\(kernel.height), \(kernel.width)]"
          + " with its dilation")
    }
    let shape = [kernel.height, kernel.width, channels, filters]
    let stored = try weights.take("kernel", shape: shape)
    let taps = keptTaps(stored)
    return try Conv2DOperator(
      Conv2DProduct(
        geometry: geometry.shortened(to: taps), inputChannels: channels, outputChannels: filters,
        weights: taps.cut(stored, kernel: kernel),
        bias: usesBias ? try weights.take("bias", shape: [filters]) : nil,
        activation: activation, affine: ChannelAffine(channels: filters)))
  }

  /// The taps that the layer has to compute.
  private func keptTaps(_ weights: [Float]) -> KernelShortening {
    KernelShortening(
      taps: weights, kernel: kernel, threshold: kernelRegularizer.tapThreshold)
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    let stored = try weights.take("kernel", rank: 4)
    guard stored.shape[0] == kernel.height, stored.shape[1] == kernel.width else {
      throw .weightShape(
        name: "kernel", expected: "[\(kernel.height), \(kernel.width), channels, \(filters)]",
        found: stored.shape)
    }
    var diagnostics = LayerDiagnostics()
    diagnostics.setKernel(kernel, shortenedTo: keptTaps(stored.values))
    diagnostics.regularizationLoss = kernelRegularizer.loss(of: stored.values)
    diagnostics.spectralNorm =
      Matrix(
        rowCount: stored.shape[0] * stored.shape[1] * stored.shape[2],
        columnCount: stored.shape[3], values: stored.values.map(Double.init)
      ).spectralNorm
    return diagnostics
  }
}
