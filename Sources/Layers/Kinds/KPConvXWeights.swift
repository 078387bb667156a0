/// The weights of a KPConvX layer with the batch normalizations folded in (float64, rounded once).
struct KPConvXWeights: Sendable {
  let blockCount: Int
  let dimensionCount: Int
  let inputWidth: Int
  let hiddenWidth: Int
  let groupSize: Int
  let kernelPointCount: Int
  /// Q `[kernelPointCount, dimensionCount]`.
  let kernelPoints: [Float]
  /// W `[blockCount, kernelPointCount, inputWidth]`.
  let kernelWeights: [Float]
  /// Phi, phi: `[blockCount, inputWidth, inputWidth]`, `[blockCount, inputWidth]`.
  let alpha: FoldedProduct
  /// Psi `[blockCount, inputWidth, kernelPointCount * inputWidth / groupSize]`.
  let modulationWeights: [Float]
  /// psi `[blockCount, kernelPointCount * inputWidth / groupSize]`.
  let modulationBias: [Float]
  /// Ã, b̃: `[blockCount, inputWidth, hiddenWidth]`, `[blockCount, hiddenWidth]`.
  let up: FoldedProduct
  /// Â, b̂: `[blockCount, hiddenWidth, inputWidth]`, `[blockCount, inputWidth]`.
  let down: FoldedProduct

  /// Weights and bias of x @ W + b, one for each block.
  struct FoldedProduct {
    let weights: [Float]
    let bias: [Float]
  }

  /// Takes all weights of a layer, and refuses a missing one or one of another shape.
  init(
    taking weights: inout LayerWeights, from layer: KPConvXLayer, dimensionCount: Int,
    inputWidth width: Int
  ) throws(LayerError) {
    blockCount = layer.blockCount
    self.dimensionCount = dimensionCount
    inputWidth = width
    hiddenWidth = layer.hiddenWidth
    groupSize = layer.groupSize
    kernelPointCount = layer.kernelPointCount
    let modulationWidth = kernelPointCount * (width / groupSize)
    kernelPoints = try weights.take("Q", shape: [kernelPointCount, dimensionCount])
    kernelWeights = try weights.take("W", shape: [blockCount, kernelPointCount, width])
    alpha = try Self.product(
      &weights, "Phi", "phi", "bn_phi", [blockCount, width, width])
    modulationWeights = try weights.take("Psi", shape: [blockCount, width, modulationWidth])
    modulationBias = try weights.take("psi", shape: [blockCount, modulationWidth])
    up = try Self.product(
      &weights, "Atilde", "btilde", "bn_htilde", [blockCount, width, layer.hiddenWidth])
    down = try Self.product(
      &weights, "Ahat", "bhat", "bn_hhat", [blockCount, layer.hiddenWidth, width])
  }

  /// BN(x @ W + b) as one product per block: columns of W scaled, b scaled and shifted.
  private static func product(
    _ stored: inout LayerWeights, _ weightName: String, _ biasName: String, _ statistics: String,
    _ shape: [Int]
  ) throws(LayerError) -> FoldedProduct {
    let (blocks, rows, columns) = (shape[0], shape[1], shape[2])
    let weights = try stored.take(weightName, shape: shape)
    let bias = try stored.take(biasName, shape: [blocks, columns])
    let varianceName = "\(statistics).moving_variance"
    // All blocks are channels of one map, since each has statistics of its own.
    let affine = try BatchNormalizationFolding.affine(
      gamma: try stored.take("\(statistics).gamma", shape: [blocks, columns]),
      beta: try stored.take("\(statistics).beta", shape: [blocks, columns]),
      mean: try stored.take("\(statistics).moving_mean", shape: [blocks, columns]),
      variance: try stored.take(varianceName, shape: [blocks, columns]),
      epsilon: BatchNormalizationFolding.defaultEpsilon, varianceName: varianceName)
    var folded: [Float] = []
    folded.reserveCapacity(weights.count)
    for block in 0..<blocks {
      let values = weights[(block * rows * columns)..<((block + 1) * rows * columns)]
      let scale = affine.scale[(block * columns)..<((block + 1) * columns)]
      folded += BatchNormalizationFolding.scaled(Array(values), by: Array(scale))
    }
    let foldedBias = bias.indices.map {
      Float(Double(bias[$0]) * affine.scale[$0] + affine.shift[$0])
    }
    return FoldedProduct(weights: folded, bias: foldedBias)
  }
}
