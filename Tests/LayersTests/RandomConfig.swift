import Layers
import RandomNumbers

/// Valid configurations with optional keys present or absent, in both of Keras' spellings.
struct RandomConfig {
  private var generator: SeededGenerator
  private var config: [String: ConfigValue] = [:]

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func flip() -> Bool { Bool.random(using: &generator) }

  private mutating func count(_ range: ClosedRange<Int>) -> ConfigValue {
    let value = Int.random(in: range, using: &generator)
    return flip() ? .integer(value) : .number(Double(value))
  }

  private mutating func pick(_ values: [ConfigValue]) -> ConfigValue {
    values[Int.random(in: values.indices, using: &generator)]
  }

  private mutating func maybe(_ key: String, _ values: ConfigValue...) {
    if flip() { config[key] = pick(values) }
  }

  private mutating func pair(_ range: ClosedRange<Int>) -> ConfigValue {
    flip() ? count(range) : .array([count(range), count(range)])
  }

  private mutating func number(_ range: ClosedRange<Double>) -> ConfigValue {
    .number(Double.random(in: range, using: &generator))
  }

  private static let policy = ConfigValue.object([
    "class_name": .string("DTypePolicy"), "module": .string("keras"), "registered_name": .null,
    "config": .object(["name": .string("float32")]),
  ])

  private static let initializer = ConfigValue.object([
    "class_name": .string("GlorotUniform"), "config": .object(["seed": .null]),
  ])

  private mutating func addLayerKeys() {
    maybe("name", .string("layer_\(Int.random(in: 0...9, using: &generator))"))
    maybe("trainable", .bool(true), .bool(false))
    maybe("dtype", .string("float32"), Self.policy, .string("mixed_float16"))
  }

  private mutating func addObjects(_ keys: String...) {
    for key in keys { maybe(key, .null, .string("glorot_uniform"), Self.initializer) }
  }

  private mutating func leakyReLU() -> ConfigValue {
    var content: [String: ConfigValue] = ["name": .string("leaky_re_lu"), "dtype": Self.policy]
    content[flip() ? "alpha" : "negative_slope"] = number(0...1)
    return .object([
      "class_name": .string("LeakyReLU"), "module": .string("keras.layers"),
      "config": .object(content), "registered_name": .null,
    ])
  }

  private mutating func addActivation() {
    maybe(
      "activation", .null, .string("relu"), .string("softmax"), leakyReLU(),
      .object([
        "class_name": .string("function"), "config": .string("sigmoid"),
        "module": .string("builtins"), "registered_name": .string("function"),
      ]))
  }

  private mutating func addNormRegularizer(_ key: String) {
    maybe(
      key, .null, .string("l2"),
      .object(["class_name": .string("L1L2"), "config": .object(["l1": number(0...1)])]))
  }

  private mutating func addKernelRegularizer(_ kernel: [ConfigValue]) {
    maybe(
      "kernel_regularizer", .null,
      .object([
        "class_name": .string("KernelLengthRegularizer"),
        "config": .object([
          "kernel_size": .array(kernel), "window_scale": number(0...1),
          "window_func": pick([.string("hann"), .string("hamming"), .string("anything")]),
          "poly_exp": count(0...4), "threshold": number(0...1),
        ]),
      ]))
  }

  mutating func config(of className: String) -> [String: ConfigValue]? {
    config = [:]
    addLayerKeys()
    switch className {
    case "Activation": config["activation"] = pick([.string("tanh"), leakyReLU()])
    case "Add", "Gather", "NeighborMaxPooling", "Sigmoid": break
    case "BatchNormalization": addBatchNormalization()
    case "Concatenate", "Softmax": maybe("axis", .integer(-1), .integer(2))
    case "Conv1D": addConv1D()
    case "Conv2D": addConv2D()
    case "Dense": addDense()
    case "Dropout": maybe("rate", number(0...1))
    case "FeaturesDownsamplingLayer", "FeaturesUpsamplingLayer":
      maybe("filter", .string("mean"), .string("gaussian"), .string("nearest"))
    case "HourglassLayer": addHourglass()
    case "KPConvLayer", "StridedKPConvLayer": addKPConv()
    case "KPConvXLayer": addKPConvX()
    case "LeakyReLU": maybe(flip() ? "alpha" : "negative_slope", number(0...1))
    case "LocalConv2dLayer": addLocalConv2d()
    case "NearestCentroid": maybe("output", .string("index"), .string("one_hot"))
    case "Orthonorm":
      maybe("d", count(1...64))
      maybe("epsilon", .number(1e-7))
    case "ReLU":
      maybe("max_value", .null, number(0...9))
      maybe("negative_slope", number(0...1))
      maybe("threshold", number(0...1))
    default: return nil
    }
    return config
  }

  private mutating func addBatchNormalization() {
    maybe("axis", .integer(-1), .integers(2), .integer(1))
    maybe("epsilon", number(0...1))
    maybe("momentum", number(0...1))
    maybe("center", .bool(true), .bool(false))
    maybe("scale", .bool(true), .bool(false))
    addObjects("beta_initializer", "gamma_initializer", "gamma_constraint")
    maybe("synchronized", .bool(false))
  }

  private mutating func addDense() {
    config["units"] = count(1...512)
    addActivation()
    maybe("use_bias", .bool(true), .bool(false))
    addObjects("kernel_initializer", "bias_initializer", "kernel_constraint")
    addNormRegularizer("kernel_regularizer")
  }

  private mutating func addConv1D() {
    config["filters"] = count(1...64)
    config["kernel_size"] = flip() ? count(1...1) : .array([count(1...1)])
    maybe("strides", .integer(1), .integers(1))
    maybe("padding", .string("valid"), .string("same"))
    addActivation()
    maybe("use_bias", .bool(true), .bool(false))
    addNormRegularizer("kernel_regularizer")
  }

  private mutating func addConv2D() {
    let kernel = [count(1...7), count(1...7)]
    config["filters"] = count(1...64)
    config["kernel_size"] = .array(kernel)
    addActivation()
    maybe("strides", pair(1...1))
    maybe("padding", .string("same"), .string("valid"))
    maybe("dilation_rate", pair(1...3))
    maybe("data_format", .null, .string("channels_last"))
    maybe("groups", .integer(1))
    addObjects("kernel_initializer")
    addKernelRegularizer(kernel)
  }

  private mutating func addHourglass() {
    config["Dh"] = count(1...64)
    config["Dout"] = count(1...64)
    maybe("activation", .null, .string("ReLU"), .string("Identity"))
    maybe("activation2", .null, .string("relu"), .string("identity"))
    maybe("regularize", .bool(true), .bool(false))
    maybe("beta", number(0...1))
    maybe("spectral_strategy", .null, .string("SAFE"), .string("unsafe"), .string("approx"))
    addObjects("W1_initializer", "W1_constraint", "W2_initializer", "W2_constraint")
    addNormRegularizer("W1_regularizer")
    maybe("built_W1", .bool(true), .bool(false))
    maybe("sigma", .null)
  }

  private mutating func addKPConv() {
    maybe("sigma", number(0.1...2))
    maybe("kernel_radius", number(0.1...2))
    maybe("num_kernel_points", count(1...30))
    maybe("deformable", .bool(true), .bool(false))
    maybe("Dout", count(1...64))
    addObjects("W_initializer", "W_constraint")
    addNormRegularizer("W_regularizer")
  }

  private mutating func addKPConvX() {
    maybe("blocks", count(1...4))
    maybe("drop_path", number(0...1))
    maybe("sigma", number(0.1...2))
    if flip() {
      config["shell_radii"] = .array([.integer(0), number(0.1...1)])
      config["shell_points"] = .array([.integer(1), count(1...20)])
    }
    maybe("DH", count(1...512))
    maybe("groups", count(1...16))
    maybe("deformable", .bool(true), .bool(false))
    maybe("bn_momentum", number(0...1))
    maybe("activation", .null, leakyReLU())
    addObjects("initializer", "constraint")
    addNormRegularizer("regularizer")
    maybe("bn_phi", .null, .array([]))
    maybe("built_Q", .bool(true))
  }

  private mutating func addLocalConv2d() {
    let kernel = [count(1...4), count(1...4)]
    config["in_channels"] = count(1...4)
    config["out_channels"] = count(1...4)
    config["in_height"] = count(4...9)
    config["in_width"] = count(4...9)
    config["kernel_size"] = .array(kernel)
    maybe("stride", pair(1...3))
    maybe("padding", pair(0...3))
    maybe("bias", .bool(true), .bool(false))
    maybe("no_weights", .bool(true), .bool(false))
    addKernelRegularizer(kernel)
  }
}
