/// Keras' `Activation`: a function by its name.
package struct ActivationLayer: LayerConfiguration {
  package static let className = "Activation"

  let function: ActivationFunction
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    function = try reader.activation("activation", required: true)
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try ActivationOperator(function, inputs: inputs)
  }
}

/// Keras' `ReLU` with its bounds and slope.
package struct ReLULayer: LayerConfiguration {
  package static let className = "ReLU"

  let function: ActivationFunction
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    var maximum = Float.infinity
    if reader.value("max_value") ?? .null != .null {
      maximum = Float(
        try reader.number("max_value", default: 0, expected: "null or a number of at least 0") {
          $0 >= 0 && Float($0).isFinite
        })
    }
    let notNegative = "a number of at least 0"
    let slope = Float(
      try reader.number("negative_slope", default: 0, expected: notNegative) {
        $0 >= 0 && Float($0).isFinite
      })
    let threshold = Float(
      try reader.number("threshold", default: 0, expected: notNegative) {
        $0 >= 0 && Float($0).isFinite
      })
    switch (maximum, threshold) {
    case (.infinity, 0):
      function = slope == 0 ? .relu : .leakyReLU(negativeSlope: slope)
    case (6, 0) where slope == 0: function = .relu6
    default:
      function = .boundedReLU(maximum: maximum, negativeSlope: slope, threshold: threshold)
    }
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try ActivationOperator(function, inputs: inputs)
  }
}

/// Keras' `LeakyReLU`; Keras 2 calls the slope `alpha`, Keras 3 `negative_slope`.
package struct LeakyReLULayer: LayerConfiguration {
  package static let className = "LeakyReLU"

  let negativeSlope: Float
  package let config: [String: ConfigValue]

  private enum Key {
    static let slope = "negative_slope"
    static let slopeOfKeras2 = "alpha"
  }

  var function: ActivationFunction { .leakyReLU(negativeSlope: negativeSlope) }

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    if reader.value(Key.slopeOfKeras2) != nil, reader.value(Key.slope) != nil {
      throw reader.invalid(Key.slopeOfKeras2, expected: "absent where \"negative_slope\" is given")
    }
    let key = reader.config[Key.slopeOfKeras2] == nil ? Key.slope : Key.slopeOfKeras2
    negativeSlope = Float(
      try reader.number(
        key, default: ActivationFunction.leakyReLUSlope, expected: "a number of at least 0"
      ) { $0 >= 0 && Float($0).isFinite })
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try ActivationOperator(function, inputs: inputs)
  }
}

/// The logistic function.
package struct SigmoidLayer: LayerConfiguration {
  package static let className = "Sigmoid"

  let function = ActivationFunction.sigmoid
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try ActivationOperator(function, inputs: inputs)
  }
}

/// Keras' `Dropout`, which inference passes through.
package struct DropoutLayer: LayerConfiguration {
  package static let className = "Dropout"

  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    _ = try reader.number("rate", default: 0.5, expected: "a number from 0 to 1") {
      (0...1).contains($0)
    }
    reader.keep("seed", "noise_shape")
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    try ActivationOperator(.identity, inputs: inputs)
  }
}

/// y = f(x), element by element or, for softmax, over the last axis; any rank.
struct ActivationOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint = 0
  private let function: ActivationFunction
  private let channels: Int

  init(_ function: ActivationFunction, inputs: [TensorSpec]) throws(LayerError) {
    let check = try InputCheck(inputs, roles: "x")
    channels = try check.channels(0)
    output = check[0].openRows
    self.function = function
  }

  func forward(_ operands: borrowing Operands) {
    unsafe function.apply(
      to: operands.inputFloats(0), into: operands.outputFloats, width: channels)
  }

  var elementFunction: ActivationFunction? { function == .softmax ? nil : function }
}
