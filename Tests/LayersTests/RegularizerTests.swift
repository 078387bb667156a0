import GoldenFiles
import Layers
import RandomNumbers
import Testing

struct RegularizerTests {
  @Test(arguments: GoldenFile.names("hourglass_"))
  func `the hourglass departure is the golden one by every strategy`(_ name: String) throws {
    let golden = try GoldenFile(name)
    let matrix = Matrix(try golden.tensor("weight.W1").weight)
    for strategy in ["unsafe", "safe", "approx"] {
      let regularization = HourglassRegularization(
        strategy: try #require(.init(rawValue: strategy)), factor: 1)
      let expected = try golden.tensor("expected.Lh_seed_\(strategy)")
      let disagreement = try golden.tolerance().disagreement(
        [regularization.departure(of: matrix)], expected.floats)
      #expect(disagreement == nil, "\(strategy)")
    }
  }

  @Test(arguments: GoldenFile.names("hourglass_"))
  func `the hourglass loss is the golden one`(_ name: String) throws {
    let golden = try GoldenFile(name)
    let configuration = try LayerRegistry.decode(
      className: "HourglassLayer", config: try golden.config())
    var weights = LayerWeights(golden.tensors(after: "weight.").mapValues(\.weight))
    let loss = try configuration.diagnostics(weights: &weights).regularizationLoss
    let expected = try golden.tensor("expected.loss_added_seed_formula")
    #expect(try golden.tolerance().disagreement([loss ?? 0], expected.floats) == nil)
  }

  @Test
  func `an hourglass without weights has a finite departure by the approximate strategy alone`() {
    let zeros = Matrix(rowCount: 3, columnCount: 4, values: Array(repeating: 0, count: 12))
    func departure(_ strategy: HourglassRegularization.SpectralStrategy) -> Double {
      HourglassRegularization(strategy: strategy, factor: 1).departure(of: zeros)
    }
    #expect(departure(.approximate) == 2)
    #expect(departure(.unsafe).isNaN)
    #expect(departure(.safe).isNaN)
  }

  @Test(arguments: GoldenFile.names("klr_"))
  func `window and loss of the kernel length are the golden ones`(_ name: String) throws {
    let golden = try GoldenFile(name)
    var reader = ConfigReader(try golden.config())
    let regularizer = try KernelLengthRegularizer(from: &reader)
    try reader.refuseUnreadKeys()
    let tolerance = try golden.tolerance()
    let window = try golden.tensor("expected.window")
    #expect(tolerance.disagreement(regularizer.window.values, window.floats) == nil)
    let weights = try golden.tensor("input.weights")
    let loss = regularizer.loss(
      of: weights.floats, kernel: Extents(height: weights.shape[0], width: weights.shape[1]))
    let expected = try golden.tensor("expected.loss")
    #expect(tolerance.disagreement([loss], expected.floats) == nil)
  }

  @Test(arguments: GoldenFile.names("klr_"))
  func `a convolution reports the golden loss of its kernel`(_ name: String) throws {
    let golden = try GoldenFile(name)
    let kernel = try golden.tensor("input.weights")
    let configuration = try LayerRegistry.decode(
      className: "Conv2D",
      config: [
        "filters": .integer(kernel.shape[3]), "use_bias": .bool(false),
        "kernel_size": .array(kernel.shape.prefix(2).map { .integer($0) }),
        "kernel_regularizer": .object([
          "class_name": .string("indl>KernelLengthRegularizer"),
          "config": .object(try golden.config()),
        ]),
      ])
    var weights = LayerWeights(["kernel": kernel.weight])
    let loss = try #require(
      try configuration.diagnostics(weights: &weights).regularizationLoss)
    let expected = try golden.tensor("expected.loss")
    #expect(try golden.tolerance().disagreement([loss], expected.floats) == nil)
  }

  @Test func `a locally connected layer reports the mean kernel length loss of its pixels`() throws
  {
    var generator = SeededGenerator(seed: 5)
    let regularizer: [String: ConfigValue] = [
      "kernel_size": .array([.integer(3), .integer(2)]), "window_scale": .number(0.5),
    ]
    let configuration = try LayerRegistry.decode(
      className: "LocalConv2dLayer",
      config: [
        "in_channels": .integer(2), "out_channels": .integer(3), "in_height": .integer(5),
        "in_width": .integer(4), "kernel_size": .array([.integer(3), .integer(2)]),
        "kernel_regularizer": .object([
          "class_name": .string("KernelLengthRegularizer"), "config": .object(regularizer),
        ]),
      ])
    let filters = generator.tensor(3, 12, 9)
    var weights = LayerWeights(["filters": filters.weight])
    let loss = try #require(
      try configuration.diagnostics(weights: &weights).regularizationLoss)
    var reader = ConfigReader(regularizer)
    let plain = try KernelLengthRegularizer(from: &reader)
    var sum = 0.0
    for pixel in 0..<9 {
      // [kh, kw, C_in, C_out] of one pixel from filters [C_out, C_in * kh * kw, P].
      var kernel: [Float] = []
      for tap in 0..<6 {
        for channel in 0..<2 {
          for output in 0..<3 {
            kernel.append(filters.floats[(output * 12 + channel * 6 + tap) * 9 + pixel])
          }
        }
      }
      sum += plain.loss(of: kernel, kernel: Extents(height: 3, width: 2))
    }
    #expect(abs(loss - sum / 9) < 1e-12)
  }

  @Test(arguments: [
    ("L2", ["l2": ConfigValue.number(0.5)], 0.5 * 14.0), ("L1", [:], 0.01 * 6),
    ("L1L2", ["l1": .number(2)], 12), ("l2", [:], 0.01 * 14),
  ])
  func `Keras' own regularizers are evaluated`(
    _ name: String, _ content: [String: ConfigValue], _ expected: Double
  ) throws {
    let configuration = try LayerRegistry.decode(
      className: "Dense",
      config: [
        "units": .integer(1), "use_bias": .bool(false),
        "kernel_regularizer": .object([
          "class_name": .string(name), "config": .object(content),
        ]),
      ])
    var weights = LayerWeights(["kernel": .init(shape: [3, 1], values: [1, -2, 3])])
    let diagnostics = try configuration.diagnostics(weights: &weights)
    let loss = try #require(diagnostics.regularizationLoss)
    #expect(abs(loss - expected) < 1e-12)
    let norm = try #require(diagnostics.spectralNorm)
    #expect(abs(norm - 14.0.squareRoot()) < 1e-12)
  }
}
