/// The serialized configuration of one kind of layer: decoded, checked, and written again equal.
package protocol LayerConfiguration: Hashable, Sendable {
  /// The Keras class name that selects this configuration.
  static var className: String { get }

  /// Decodes a `get_config` dictionary; the registry refuses whatever was not read.
  init(from reader: inout ConfigReader) throws(ConfigurationError)

  /// The `get_config` dictionary, equal to the one that was decoded.
  var config: [String: ConfigValue] { get }

  /// Checks the input shapes, takes the layer's weights, folds and packs them.
  ///
  /// The row width of an input must be known, save that of row indices: their number per row, the
  /// neighbors of a point, may differ from request to request.
  func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator

  /// Regularization loss and spectral norm of the stored weights.
  func diagnostics(weights: inout LayerWeights) throws(LayerError) -> LayerDiagnostics
}

extension LayerConfiguration {
  package func diagnostics(weights: inout LayerWeights) throws(LayerError) -> LayerDiagnostics {
    LayerDiagnostics()
  }
}

/// What the stored weights of a layer say about its training.
package struct LayerDiagnostics: Hashable, Sendable {
  /// The loss that training adds for these weights, or `nil` for a layer without regularizer.
  package var regularizationLoss: Double?
  /// The largest singular value of the layer's (first) matrix, or `nil` where there is none.
  package var spectralNorm: Double?
  /// Kernel extents `(height, width)` before and after shortening at load, or `nil`.
  package var kernelBefore: [Int]?
  package var kernelAfter: [Int]?

  package init() {}
}
