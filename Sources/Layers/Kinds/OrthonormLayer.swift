/// The orthogonalizing layer of SpectralNet at inference: x @ ortho_weights_store,
/// `[..., width]` → `[..., width]`.
package struct OrthonormLayer: LayerConfiguration {
  package static let className = "Orthonorm"
  package static let weightName = "ortho_weights_store"

  /// The width, where the configuration states it.
  let width: Int?
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    width = reader.value("d") == nil ? nil : try reader.integer("d")
    _ = try reader.number("epsilon", default: 1e-7, expected: "a number of at least 0") {
      $0 >= 0
    }
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "x")
    let inputWidth = try check.channels(0)
    guard inputWidth == width ?? inputWidth else {
      throw .configuration(
        .invalidValue(
          key: "d", expected: "the input width \(inputWidth)", found: "\(width ?? inputWidth)"))
    }
    let matrix = try weights.take(Self.weightName, shape: [inputWidth, inputWidth])
    return try DenseOperator(
      output: check[0].openRows,
      product: DenseProduct(
        inputWidth: inputWidth, outputWidth: inputWidth, weights: matrix, bias: nil,
        activation: .identity, affine: ChannelAffine(channels: inputWidth),
        precision: .float32))
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    var diagnostics = LayerDiagnostics()
    diagnostics.spectralNorm = Matrix(try weights.take(Self.weightName, rank: 2)).spectralNorm
    return diagnostics
  }
}
