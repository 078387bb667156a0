import Layers
import Testing

struct ConfigurationTests {
  @Test(arguments: [
    ("HourglassLayer", "dh", "did you mean \"Dh\""),
    ("HourglassLayer", "spectral_stratgy", "did you mean \"spectral_strategy\""),
    ("KPConvXLayer", "shell_point", "did you mean \"shell_points\""),
    ("Dense", "unit", "did you mean \"units\""),
    ("Add", "zzzzzzzzz", "is unknown"),
  ])
  func `an unknown key is refused with the nearest one`(
    _ className: String, _ key: String, _ part: String
  ) {
    var config: [String: ConfigValue] =
      className == "HourglassLayer"
      ? Configs.hourglass : className == "Dense" ? ["units": .integer(1)] : [:]
    config[key] = .integer(3)
    let error = #expect(throws: ConfigurationError.self) {
      try LayerRegistry.decode(className: className, config: config)
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\"\(key)\"") == true)
  }

  @Test func `an unknown class is refused with the nearest one`() {
    let error = #expect(throws: ConfigurationError.self) {
      try LayerRegistry.decode(className: "KPConvXlayr", config: [:])
    }
    #expect(error == .unknownClass(name: "KPConvXlayr", nearest: "KPConvXLayer"))
    let other = #expect(throws: ConfigurationError.self) {
      try LayerRegistry.decode(className: "Transformer", config: [:])
    }
    #expect(other == .unknownClass(name: "Transformer", nearest: nil))
  }

  @Test func `every class name is unique`() {
    let names = LayerRegistry.kinds.map { $0.className }
    #expect(Set(names).count == names.count)
  }

  @Test(
    arguments: [
      ("Dense", [:], ["\"units\"", "missing"]),
      ("Dense", ["units": .string("8")], ["\"units\"", "whole number", "\"8\""]),
      ("Dense", ["units": .number(2.5)], ["\"units\"", "2.5"]),
      ("Dense", ["units": .integer(Int.max)], ["\"units\"", "1048576"]),
      ("Dense", ["units": .null], ["\"units\"", "null"]),
      (
        "Dense", ["units": .integer(1), "activation": .string("sigmoyd")],
        ["\"activation\"", "\"sigmoid\"", "\"sigmoyd\""]
      ),
      (
        "Dense", ["units": .integer(1), "use_bias": .integer(1)], ["\"use_bias\"", "true or false"]
      ),
      ("Dense", ["units": .integer(1), "name": .integer(7)], ["\"name\"", "a string", "7"]),
      (
        "Dense", ["units": .integer(1), "dtype": .string("complex64")],
        ["\"dtype\"", "\"complex64\""]
      ),
      (
        "Dense", ["units": .integer(1), "kernel_initializer": .integer(3)],
        ["\"kernel_initializer\"", "class_name"]
      ),
      ("Conv2D", ["filters": .integer(1), "kernel_size": .integers(1, 2, 3)], ["\"kernel_size\""]),
      (
        "Conv2D",
        [
          "filters": .integer(1), "kernel_size": .integer(1),
          "data_format": .string("channels_first"),
        ],
        ["\"data_format\"", "channels_last"]
      ),
      (
        "Conv2D", ["filters": .integer(1), "kernel_size": .integer(1), "groups": .integer(2)],
        ["\"groups\""]
      ),
      (
        "Conv2D",
        [
          "filters": .integer(1), "kernel_size": .integer(3), "strides": .integer(2),
          "dilation_rate": .integer(2),
        ], ["\"dilation_rate\"", "\"strides\""]
      ),
      ("Conv1D", ["filters": .integer(1)], ["\"kernel_size\"", "missing"]),
      (
        "Conv1D", ["filters": .integer(1), "kernel_size": .integers(3)],
        ["\"kernel_size\"", "points have no order", "[3]"]
      ),
      (
        "LocalConv2dLayer",
        ["in_height", "in_width", "out_channels", "padding"].reduce(Configs.localConv2d) {
          $0.setting($1, .integer(1 << 20))
        }, ["\"out_channels\""]
      ),
      ("KPConvXLayer", ["drop_path": .number(1.5)], ["\"drop_path\"", "from 0 to 1"]),
      ("KPConvXLayer", ["activation": .string("relu")], ["\"activation\"", "LeakyReLU"]),
      (
        "KPConvXLayer",
        ["activation": .object(["class_name": .string("ReLU"), "config": .object([:])])],
        ["\"activation\"", "LeakyReLU"]
      ),
      (
        "KPConvXLayer",
        [
          "activation": .object([
            "class_name": .string("LeakyReLU"), "config": .object(["alpa": .number(0.1)]),
          ])
        ], ["\"activation.config.alpa\"", "\"alpha\""]
      ),
      ("KPConvXLayer", ["shell_points": .integers()], ["\"shell_points\""]),
      (
        "KPConvXLayer", ["shell_radii": .array([.number(-1)])], ["\"shell_radii\"", "not negative"]
      ),
      ("BatchNormalization", ["epsilon": .integer(-1)], ["\"epsilon\"", "at least 0"]),
      ("BatchNormalization", ["axis": .integers(1, 2)], ["\"axis\"", "one axis"]),
      (
        "LeakyReLU", ["alpha": .number(0.1), "negative_slope": .number(0.1)],
        ["\"alpha\"", "negative_slope"]
      ),
      ("Activation", [:], ["\"activation\"", "missing"]),
      (
        "NearestCentroid", ["output": .string("class")], ["\"output\"", "\"one_hot\" or \"index\""]
      ),
      ("Orthonorm", ["d": .integer(0)], ["\"d\""]),
    ] as [(String, [String: ConfigValue], [String])])
  func `a bad value is refused with its key, what is expected, and what was found`(
    _ className: String, _ config: [String: ConfigValue], _ parts: [String]
  ) {
    let error = #expect(throws: ConfigurationError.self) {
      try LayerRegistry.decode(className: className, config: config)
    }
    let sentence = error?.description ?? ""
    for part in parts { #expect(sentence.contains(part), "\(sentence)") }
  }

  @Test func `a long value is cut in a message`() {
    let error = #expect(throws: ConfigurationError.self) {
      try LayerRegistry.decode(
        className: "Dense", config: ["units": .string(String(repeating: "x", count: 10_000))])
    }
    #expect((error?.description.count ?? .max) < 200)
  }
}
