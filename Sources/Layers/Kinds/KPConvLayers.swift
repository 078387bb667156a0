/// Kernel point convolution (KPConv, arXiv:1904.08889, in the form of VirtuaLearn3D++):
/// Xa `[points, dimensions]`, F `[points, input width]`, N `[points, neighbors]` →
/// `[points, output width]`.
package struct KPConvLayer: LayerConfiguration {
  package static let className = "KPConvLayer"

  let convolution: KPConvConfiguration
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    convolution = try KPConvConfiguration(from: &reader)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "Xa", "F", "N")
    return try KPConvOperator(
      convolution, check: check, places: .init(sources: 0, queries: 0, features: 1, indices: 2),
      weights: &weights)
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    try convolution.diagnostics(weights: &weights)
  }
}

/// The same convolution around other points than the features': Xa `[sources, dimensions]`,
/// Xb `[points, dimensions]`, F `[sources, input width]`, N `[points, neighbors]` →
/// `[points, output width]`.
package struct StridedKPConvLayer: LayerConfiguration {
  package static let className = "StridedKPConvLayer"

  let convolution: KPConvConfiguration
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    convolution = try KPConvConfiguration(from: &reader)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "Xa", "Xb", "F", "N")
    return try KPConvOperator(
      convolution, check: check, places: .init(sources: 0, queries: 1, features: 2, indices: 3),
      weights: &weights)
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    try convolution.diagnostics(weights: &weights)
  }
}

/// What both kernel point convolutions are configured with.
struct KPConvConfiguration: Hashable, Sendable {
  /// σ: a kernel point's influence reaches zero at this distance, in the units of X.
  let influenceDistance: Double
  let kernelPointCount: Int
  let outputWidth: Int
  let regularizer: WeightRegularizer

  private enum Key {
    static let influenceDistance = "sigma"
    static let kernelPointCount = "num_kernel_points"
    static let outputWidth = "Dout"
  }

  init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    let positive = "a number greater than 0"
    influenceDistance = try reader.number(
      Key.influenceDistance, default: 1, expected: positive
    ) { $0 > 0 && Float($0) > 0 && Float($0).isFinite }
    kernelPointCount = try reader.integer(Key.kernelPointCount, default: 19)
    outputWidth = try reader.integer(Key.outputWidth, default: 320)
    // The radius placed the kernel points when they were made, and Q is stored.
    _ = try reader.number("kernel_radius", default: 1, expected: positive) { $0 > 0 }
    _ = try reader.bool("deformable", default: false)
    regularizer = try reader.weightRegularizer("W_regularizer", kernel: nil)
    try reader.keepSerializedObjects("W_initializer", "W_constraint")
    _ = try reader.bool("built_Q", default: false)
    _ = try reader.bool("built_W", default: false)
  }

  /// Norm of the first kernel point's matrix, and the loss of all of them.
  func diagnostics(weights: inout LayerWeights) throws(LayerError) -> LayerDiagnostics {
    let stored = try weights.take("W", rank: 3)
    guard stored.shape[0] >= 1 else {
      throw .weightShape(
        name: "W", expected: "[kernel points, input width, output width]", found: stored.shape)
    }
    let matrix = LayerWeights.Tensor(
      shape: Array(stored.shape.dropFirst()),
      values: Array(stored.values.prefix(stored.shape[1] * stored.shape[2])))
    var diagnostics = LayerDiagnostics()
    diagnostics.spectralNorm = Matrix(matrix).spectralNorm
    diagnostics.regularizationLoss = regularizer.loss(of: stored.values)
    return diagnostics
  }
}
