/// Every kind of layer that a model may name.
package enum LayerRegistry {
  /// One line for each kind.
  package static let kinds: [any LayerConfiguration.Type] = [
    ActivationLayer.self,
    AddLayer.self,
    BatchNormalizationLayer.self,
    ConcatenateLayer.self,
    Conv1DLayer.self,
    Conv2DLayer.self,
    DenseLayer.self,
    DropoutLayer.self,
    FeaturesDownsamplingLayer.self,
    FeaturesUpsamplingLayer.self,
    GatherLayer.self,
    HourglassLayer.self,
    KPConvLayer.self,
    KPConvXLayer.self,
    LeakyReLULayer.self,
    LocalConv2dLayer.self,
    NearestCentroidLayer.self,
    NeighborMaxPoolingLayer.self,
    OrthonormLayer.self,
    ReLULayer.self,
    SigmoidLayer.self,
    SoftmaxLayer.self,
    StridedKPConvLayer.self,
  ]

  /// Decodes the configuration of one layer and refuses keys that its kind does not know.
  ///
  /// - Throws: `ConfigurationError` naming the class or key, what was expected and what was found.
  package static func decode(
    className: String, config: [String: ConfigValue]
  ) throws(ConfigurationError) -> any LayerConfiguration {
    guard let kind = kinds.first(where: { $0.className == className }) else {
      let names = kinds.map { $0.className }
      throw .unknownClass(
        name: className, nearest: EditDistance.nearest(to: className, among: names))
    }
    var reader = ConfigReader(config)
    let configuration = try kind.init(from: &reader)
    try reader.refuseUnreadKeys()
    return configuration
  }
}
