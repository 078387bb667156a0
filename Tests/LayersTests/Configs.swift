import Layers

/// Small valid configurations that tests start from.
enum Configs {
  static let hourglass: [String: ConfigValue] = ["Dh": .integer(3), "Dout": .integer(4)]

  static let kpconvx: [String: ConfigValue] = [
    "DH": .integer(5), "groups": .integer(2), "shell_points": .array([.integer(1), .integer(3)]),
    "shell_radii": .array([.integer(0), .number(0.5)]),
  ]

  static let localConv2d: [String: ConfigValue] = [
    "in_channels": .integer(3), "out_channels": .integer(4), "in_height": .integer(6),
    "in_width": .integer(5), "kernel_size": .integer(3),
  ]

  static let conv2d: [String: ConfigValue] = [
    "filters": .integer(2), "kernel_size": .array([.integer(5), .integer(3)]),
  ]

  /// A convolution whose kernel has this regularizer.
  static func regularized(_ regularizer: [String: ConfigValue]) -> [String: ConfigValue] {
    conv2d.setting(
      "kernel_regularizer",
      .object([
        "class_name": .string("KernelLengthRegularizer"), "config": .object(regularizer),
      ]))
  }
}

extension [String: ConfigValue] {
  /// The same dictionary with another value for a key.
  func setting(_ key: String, _ value: ConfigValue) -> [String: ConfigValue] {
    var result = self
    result[key] = value
    return result
  }
}

extension ConfigValue {
  /// A list of whole numbers.
  static func integers(_ values: Int...) -> ConfigValue { .array(values.map { .integer($0) }) }
}
