/// A function that a layer applies to its result.
package enum ActivationFunction: Hashable, Sendable {
  case identity
  case relu
  /// x for x > 0, else slope · x.
  case leakyReLU(negativeSlope: Float)
  case sigmoid
  case tanh
  case relu6
  /// x for x > 0, else alpha · (exp(x) − 1).
  case elu(alpha: Float)
  case gelu
  case silu
  case softplus
  /// maximum for x ≥ maximum, x for x ≥ threshold, else negativeSlope · (x − threshold).
  case boundedReLU(maximum: Float, negativeSlope: Float, threshold: Float)
  /// exp(x_c) / Σ exp(x), over the last axis.
  case softmax

  /// The slope that Keras' `LeakyReLU` layer has when none is given.
  static let leakyReLUSlope = 0.3

  /// The functions that Keras knows by a name alone.
  private static let named: [String: ActivationFunction] = [
    "linear": .identity, "identity": .identity, "relu": .relu,
    // keras.activations.leaky_relu, unlike the layer, falls back to 0.2.
    "leaky_relu": .leakyReLU(negativeSlope: 0.2),
    "sigmoid": .sigmoid, "tanh": .tanh, "relu6": .relu6, "elu": .elu(alpha: 1), "gelu": .gelu,
    "silu": .silu, "swish": .silu, "softplus": .softplus, "softmax": .softmax,
  ]

  /// The function of a name as Keras spells it, or `nil` where there is none.
  init?(named name: String) {
    guard let function = Self.named[name] else { return nil }
    self = function
  }

  static var names: [String] { named.keys.sorted() }
}

extension ConfigReader {
  /// An activation in any of Keras' spellings: null, a name, a serialized function, or a serialized
  /// activation layer of Keras 2 or 3.
  package mutating func activation(
    _ key: String, required: Bool = false
  ) throws(ConfigurationError) -> ActivationFunction {
    switch value(key) {
    case nil where required: throw missing(key)
    case nil, .null: return .identity
    case .string(let name):
      guard let function = ActivationFunction(named: name) else { break }
      return function
    case .object(let object):
      guard let function = try activation(key, serialized: object) else { break }
      return function
    default: break
    }
    throw invalid(
      key,
      expected: "null, \(Self.text(ActivationFunction.names)), or a serialized activation layer")
  }

  private func activation(
    _ key: String, serialized object: [String: ConfigValue]
  ) throws(ConfigurationError) -> ActivationFunction? {
    guard case .string(let className)? = object["class_name"] else { return nil }
    if className == "function", case .string(let name)? = object["config"] {
      return ActivationFunction(named: name)
    }
    guard case .object(let content)? = object["config"] else { return nil }
    var reader = nested(key, object).nested("config", content)
    let function: ActivationFunction
    switch className {
    case ReLULayer.className: function = try ReLULayer(from: &reader).function
    case LeakyReLULayer.className: function = try LeakyReLULayer(from: &reader).function
    case SigmoidLayer.className: function = try SigmoidLayer(from: &reader).function
    case ActivationLayer.className: function = try ActivationLayer(from: &reader).function
    case SoftmaxLayer.className where try SoftmaxLayer(from: &reader).axis == -1:
      function = .softmax
    default: return nil
    }
    try reader.refuseUnreadKeys()
    return function
  }
}
