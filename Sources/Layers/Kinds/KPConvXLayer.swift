/// Kernel point convolution with attention (KPConvX, arXiv:2405.13194, in the form of
/// VirtuaLearn3D++): X `[points, dimensions]`, F `[points, width]`, N `[points, neighbors]` →
/// `[points, width]`, alone or as equal clouds.
package struct KPConvXLayer: LayerConfiguration {
  package static let className = "KPConvXLayer"

  /// Blocks in a row, each with weights of its own.
  package let blockCount: Int
  /// σ: a kernel point's influence reaches zero at this distance, in the units of X.
  package let influenceDistance: Double
  /// Radius of each shell of kernel points, in the units of X.
  package let shellRadii: [Double]
  /// Kernel points on each shell.
  package let shellPoints: [Int]
  /// D_H.
  let hiddenWidth: Int
  /// G: consecutive channels that share one modulation.
  let groupSize: Int
  let negativeSlope: Float
  let regularizer: WeightRegularizer
  package let config: [String: ConfigValue]

  /// m_q.
  package var kernelPointCount: Int { shellPoints.reduce(0, +) }

  private enum Key {
    static let blockCount = "blocks"
    static let influenceDistance = "sigma"
    static let shellRadii = "shell_radii"
    static let shellPoints = "shell_points"
    static let hiddenWidth = "DH"
    static let groupSize = "groups"
    static let activation = "activation"
  }

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    blockCount = try reader.integer(Key.blockCount, default: 1, in: 1...4096)
    influenceDistance = try reader.number(
      Key.influenceDistance, default: 1, expected: "a number greater than 0"
    ) { $0 > 0 && Float($0) > 0 && Float($0).isFinite }
    shellRadii = try reader.lengths(Key.shellRadii, default: [0, 0.5, 1])
    shellPoints = try reader.integers(Key.shellPoints, default: [1, 7, 13], in: 1...4096)
    guard !shellPoints.isEmpty, shellPoints.count <= 4096 else {
      throw reader.invalid(Key.shellPoints, expected: "a list of 1 to 4096 shells")
    }
    guard shellRadii.count == shellPoints.count else {
      throw reader.invalid(
        Key.shellRadii,
        expected: "a list as long as \"\(Key.shellPoints)\", which has \(shellPoints.count) shells")
    }
    hiddenWidth = try reader.integer(Key.hiddenWidth, default: 384)
    groupSize = try reader.integer(Key.groupSize, default: 8)
    negativeSlope = try Self.negativeSlope(&reader)
    // Inference reads Q whether or not it was trained, and drops no block.
    _ = try reader.bool("deformable", default: false)
    _ = try reader.number("drop_path", default: 0, expected: "a number from 0 to 1") {
      (0...1).contains($0)
    }
    _ = try reader.number("bn_momentum", default: 0.9)
    regularizer = try reader.weightRegularizer("regularizer", kernel: nil)
    try reader.keepSerializedObjects("initializer", "constraint", "Q_initializer")
    reader.keep("bn_phi", "bn_htilde", "bn_hhat")
    for name in ["Q", "W", "Phi", "phi", "Psi", "psi", "Atilde", "btilde", "Ahat", "bhat"] {
      _ = try reader.bool("built_\(name)", default: false)
    }
    config = reader.config
  }

  /// The slope of the one activation that the layer knows: a serialized LeakyReLU of Keras 2 or 3.
  private static func negativeSlope(
    _ reader: inout ConfigReader
  ) throws(ConfigurationError) -> Float {
    switch reader.value(Key.activation) {
    case nil, .null: return Float(ActivationFunction.leakyReLUSlope)
    case .object(let object):
      guard object["class_name"] == .string(LeakyReLULayer.className) else { fallthrough }
      guard case .leakyReLU(let slope) = try reader.activation(Key.activation) else { fallthrough }
      return slope
    default:
      throw reader.invalid(Key.activation, expected: "null or a serialized LeakyReLU layer")
    }
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "X", "F", "N")
    let dimensionCount = try check.pointWidth(0)
    let width = try check.pointWidth(1)
    let neighborCount = try check.neighborCount(2)
    try check.requireDimensions(0, dimensionCount)
    guard width.isMultiple(of: groupSize) else {
      throw .configuration(
        .invalidValue(
          key: Key.groupSize, expected: "a divisor of the input width \(width)",
          found: "\(groupSize)"))
    }
    let stored = try KPConvXWeights(
      taking: &weights, from: self, dimensionCount: dimensionCount, inputWidth: width)
    return try KPConvXOperator(
      output: check[1].rows(lastExtent: width), weights: stored, negativeSlope: negativeSlope,
      influenceDistance: Float(influenceDistance), neighborCount: neighborCount,
      precision: weights.precision)
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    let alpha = try weights.take("Phi", rank: 3)
    var diagnostics = LayerDiagnostics()
    let width = alpha.shape[1]
    guard alpha.shape[0] >= 1, alpha.shape[2] == width else {
      throw .weightShape(
        name: "Phi", expected: "[blocks, input width, input width]", found: alpha.shape)
    }
    diagnostics.spectralNorm =
      Matrix(
        LayerWeights.Tensor(
          shape: [width, width], values: Array(alpha.values.prefix(width * width)))
      ).spectralNorm
    var losses = [regularizer.loss(of: alpha.values)]
    for (name, rank) in Self.trainedWeights {
      losses.append(regularizer.loss(of: try weights.take(name, rank: rank).values))
    }
    diagnostics.regularizationLoss = WeightRegularizer.sum(losses)
    return diagnostics
  }

  /// Name and rank of the weights, besides Phi, that the regularizer applies to.
  private static let trainedWeights = [
    ("W", 3), ("phi", 2), ("Psi", 3), ("psi", 2), ("Atilde", 3), ("btilde", 2), ("Ahat", 3),
    ("bhat", 2),
  ]
}
