import FoundationEssentials
import GoldenFiles
import Layers
import Testing

/// The cases of `errors.json`: what upstream does with bad input, and what is to be done here.
struct StatedErrorTests {
  private typealias Check = @Sendable () throws -> Void

  private struct Case: Decodable {
    let layer: String
    let `case`: String
  }

  @Test func `every case of the list behaves as recommended`() throws {
    let file = GoldenFile.directory.appending(path: "errors.json")
    let cases = try JSONDecoder().decode([Case].self, from: try Data(contentsOf: file))
    var unused = Set(Self.checks.keys)
    for stated in cases {
      let name = "\(stated.layer): \(stated.case)"
      let check = try #require(Self.checks[name], "no check for \(name)")
      unused.remove(name)
      #expect(throws: Never.self, "\(name)") { try check() }
    }
    #expect(unused.isEmpty, "checks without a case: \(unused)")
  }

  /// Decoding fails with a sentence that has all the parts.
  private static func refuses(
    _ className: String, _ config: [String: ConfigValue], _ parts: String...
  ) -> Check {
    {
      let error = #expect(throws: ConfigurationError.self) {
        try LayerRegistry.decode(className: className, config: config)
      }
      let sentence = error?.description ?? ""
      for part in parts { #expect(sentence.contains(part), "\(sentence)") }
    }
  }

  /// Making the operator fails with a sentence that has all the parts.
  private static func refuses(
    _ className: String, _ config: [String: ConfigValue], inputs: [TensorSpec],
    weights: [String: [Int]] = [:], _ parts: String...
  ) -> Check {
    {
      let configuration = try LayerRegistry.decode(className: className, config: config)
      var stored = LayerWeights(
        weights.mapValues { shape in
          LayerWeights.Tensor(
            shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))
        })
      let error = #expect(throws: LayerError.self) {
        try configuration.makeOperator(inputs: inputs, weights: &stored)
      }
      let sentence = error?.description ?? ""
      for part in parts { #expect(sentence.contains(part), "\(sentence)") }
    }
  }

  private static func rows(_ width: Int?) -> TensorSpec { TensorSpec(extents: [nil, nil, width]) }
  private static func indices(_ count: Int?) -> TensorSpec {
    TensorSpec(.int32, extents: [nil, nil, count])
  }
  private static func images(_ channels: Int, _ height: Int, _ width: Int) -> TensorSpec {
    TensorSpec(extents: [nil, channels, height, width])
  }

  /// An operator that is made from weights of these shapes, all 0.5.
  private static func layerOperator(
    _ className: String, _ config: [String: ConfigValue], inputs: [TensorSpec],
    weights: [String: [Int]]
  ) throws -> any LayerOperator {
    var stored = LayerWeights(
      weights.mapValues { shape in
        LayerWeights.Tensor(shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))
      })
    return try LayerRegistry.decode(className: className, config: config)
      .makeOperator(inputs: inputs, weights: &stored)
  }

  private static let kpconvxWeights: [String: [Int]] = {
    var shapes: [String: [Int]] = [
      "Q": [4, 3], "W": [1, 4, 4], "Phi": [1, 4, 4], "phi": [1, 4], "Psi": [1, 4, 8],
      "psi": [1, 8], "Atilde": [1, 4, 5], "btilde": [1, 5], "Ahat": [1, 5, 4], "bhat": [1, 4],
    ]
    for (name, width) in [("bn_phi", 4), ("bn_htilde", 5), ("bn_hhat", 4)] {
      for part in ["gamma", "beta", "moving_mean", "moving_variance"] {
        shapes["\(name).\(part)"] = [1, width]
      }
    }
    return shapes
  }()

  /// Indices out of range are refused by the plan, which knows the rows of each cloud; the layer
  /// says which input holds indices, and into which rows.
  private static let namesIndices: Check = {
    let operators: [(any LayerOperator, IndexInput)] = [
      (
        try layerOperator(
          "KPConvLayer", ["num_kernel_points": .integer(2), "Dout": .integer(3)],
          inputs: [rows(3), rows(4), indices(5)], weights: ["Q": [2, 3], "W": [2, 4, 3]]),
        IndexInput(2, into: 1)
      ),
      (
        try layerOperator(
          "KPConvXLayer", Configs.kpconvx, inputs: [rows(3), rows(4), indices(5)],
          weights: kpconvxWeights), IndexInput(2, into: 1)
      ),
    ]
    for (layerOperator, expected) in operators {
      #expect(layerOperator.indexInputs == [expected])
    }
  }

  private static let external: [String: ConfigValue] = Configs.localConv2d.setting(
    "no_weights", .bool(true))

  private static let checks: [String: Check] = [
    "HourglassLayer: activation \"tanh\"": refuses(
      "HourglassLayer", Configs.hourglass.setting("activation", .string("tanh")),
      "\"activation\"", "\"relu\"", "\"tanh\""),
    "HourglassLayer: activation2 \"sigmoid\"": refuses(
      "HourglassLayer", Configs.hourglass.setting("activation2", .string("sigmoid")),
      "\"activation2\"", "\"identity\"", "\"sigmoid\""),
    "HourglassLayer: sigma=\"tanh\" overrides activation": refuses(
      "HourglassLayer", Configs.hourglass.setting("sigma", .string("tanh")), "\"sigma\"",
      "\"activation\""),
    "HourglassLayer: spectral_strategy \"fast\"": refuses(
      "HourglassLayer", Configs.hourglass.setting("spectral_strategy", .string("fast")),
      "\"spectral_strategy\"", "\"approx\"", "\"fast\""),
    "HourglassLayer: built_W1=True without weights": refuses(
      "HourglassLayer", Configs.hourglass.setting("built_W1", .bool(true)), inputs: [rows(6)],
      "\"W1\"", "[6, 3]", "missing"),
    "HourglassLayer: feature width differs from W1 rows": refuses(
      "HourglassLayer", Configs.hourglass, inputs: [rows(6)],
      weights: ["W1": [5, 3], "W2": [3, 4]],
      "\"W1\"", "[6, 3]", "[5, 3]"),
    "HourglassLayer: Dh = 0": refuses(
      "HourglassLayer", Configs.hourglass.setting("Dh", .integer(0)), "\"Dh\"", "from 1", "0"),
    "KPConvLayer (same gather as KPConvX): neighbour index -1 with R=4": namesIndices,
    "KPConvLayer (same gather as KPConvX): neighbour index 4 with R=4": namesIndices,
    "KPConvXLayer: groups does not divide D_in": refuses(
      "KPConvXLayer", Configs.kpconvx.setting("groups", .integer(3)),
      inputs: [rows(3), rows(4), indices(5)], weights: kpconvxWeights, "\"groups\"",
      "divisor of the input width 4", "3"),
    "KPConvXLayer: len(shell_radii) != len(shell_points), or sum(shell_points) != rows of Q": {
      try refuses(
        "KPConvXLayer", Configs.kpconvx.setting("shell_points", .integers(1, 2, 3)),
        "\"shell_radii\"", "3 shells")()
      try refuses(
        "KPConvXLayer", Configs.kpconvx, inputs: [rows(3), rows(4), indices(5)],
        weights: kpconvxWeights.merging(["Q": [5, 3]]) { $1 }, "\"Q\"", "[4, 3]", "[5, 3]")()
    },
    "KPConvXLayer: sigma <= 0": {
      for sigma in [0.0, -1, .infinity, .nan] {
        try refuses(
          "KPConvXLayer", Configs.kpconvx.setting("sigma", .number(sigma)), "\"sigma\"",
          "greater than 0")()
      }
    },
    "KPConvXLayer: negative moving variance below -eps (NaN)": {
      var tensors = kpconvxWeights.mapValues { shape in
        LayerWeights.Tensor(shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))
      }
      tensors["bn_htilde.moving_variance"] = .init(shape: [1, 5], values: [1, 1, 1, -0.002, 1])
      var stored = LayerWeights(tensors)
      let configuration = try LayerRegistry.decode(
        className: "KPConvXLayer", config: Configs.kpconvx)
      let error = #expect(throws: LayerError.self) {
        try configuration.makeOperator(
          inputs: [rows(3), rows(4), indices(5)], weights: &stored)
      }
      let sentence = error?.description ?? ""
      #expect(sentence.contains("\"bn_htilde.moving_variance\""))
      #expect(sentence.contains("-0.002 at 3"))
    },
    "KPConvXLayer: n_x of X differs from columns of Q": refuses(
      "KPConvXLayer", Configs.kpconvx, inputs: [rows(2), rows(4), indices(5)],
      weights: kpconvxWeights, "\"Q\"", "[4, 2]", "[4, 3]"),
    "KPConvXLayer: kappa = 0 or R = 0": {
      try refuses(
        "KPConvXLayer", Configs.kpconvx, inputs: [rows(3), rows(4), indices(0)],
        weights: kpconvxWeights, "input 2", "at least one neighbor")()
      let layer = try layerOperator(
        "KPConvXLayer", Configs.kpconvx, inputs: [rows(3), rows(4), indices(nil)],
        weights: kpconvxWeights)
      func inputs(rows: Int, neighbors: Int) -> [InputRows] {
        let layout = RowLayout(cloudCount: 1, rowCount: rows)
        return [3, 4, neighbors].map { InputRows(layout: layout, width: $0) }
      }
      #expect(throws: LayoutError.empty(input: 2)) {
        try layer.outputLayout(for: inputs(rows: 7, neighbors: 0))
      }
      #expect(try layer.outputLayout(for: inputs(rows: 0, neighbors: 5)).rowCount == 0)
    },
    "KernelLengthRegularizer: kernel_size=(5,)": refuses(
      "Conv2D", Configs.regularized(["kernel_size": .integers(5)]),
      "kernel_regularizer.config.kernel_size", "[length, 1]"),
    "KernelLengthRegularizer: kernel_size=(3, 3, 3)": refuses(
      "Conv2D", Configs.regularized(["kernel_size": .integers(3, 3, 3)]), "[height, width]",
      "[3, 3, 3]"),
    "KernelLengthRegularizer: kernel_size=5": refuses(
      "Conv2D", Configs.regularized(["kernel_size": .integer(5)]), "[height, width]", "5"),
    "KernelLengthRegularizer: kernel_size=(3, 3, 3, 3)": refuses(
      "Conv2D", Configs.regularized(["kernel_size": .integers(3, 3, 3, 3)]), "[height, width]"),
    "KernelLengthRegularizer: poly_exp=-1 with odd length (0**-1)": refuses(
      "Conv2D",
      Configs.regularized(["kernel_size": .integers(5, 3), "poly_exp": .integer(-1)]),
      "\"kernel_regularizer.config.poly_exp\"", "finite window", "-1"),
    "KernelLengthRegularizer: weights (5,3,2,4) with kernel_size (4,3)": refuses(
      "Conv2D", Configs.regularized(["kernel_size": .integers(4, 3)]),
      "kernel_size", "[5, 3]", "[4, 3]"),
    "KernelLengthRegularizer: weights of rank 3 (5,2,4) with kernel_size (5,1)": {
      try refuses(
        "Conv2D",
        Configs.regularized(["kernel_size": .integers(5, 1)]),
        inputs: [TensorSpec(extents: [nil, 9, 9, 2])], weights: ["kernel": [5, 2, 4]],
        "\"kernel\"", "[5, 3, 2, 2]", "[5, 2, 4]")()
      try refuses(
        "Dense",
        [
          "units": .integer(2),
          "kernel_regularizer": .object([
            "class_name": .string("KernelLengthRegularizer"),
            "config": .object(["kernel_size": .integers(5, 1)]),
          ]),
        ], "\"kernel_regularizer\"", "[height, width, channels in, channels out]")()
    },
    // Stored float64 tensors become float32 when they are read; the loss takes nothing else.
    "KernelLengthRegularizer: float64 weights": {
      var reader = ConfigReader(["kernel_size": .integers(2, 1), "window_scale": .integer(1)])
      let regularizer = try KernelLengthRegularizer(from: &reader)
      let stored: [Double] = [0.1, -0.2]
      let loss = regularizer.loss(
        of: stored.map { Float($0) }, kernel: Extents(height: 2, width: 1))
      #expect(abs(loss - (0.52497918747 + 0.54983399731)) < 1e-6)
    },
    "LocalConv2dLayer: no_weights=True and none given": refuses(
      "LocalConv2dLayer", external, inputs: [images(3, 6, 5)], "3 inputs (x, filters, bias)",
      "\"no_weights\"", "1 is given"),
    "LocalConv2dLayer: wrong number of external tensors": refuses(
      "LocalConv2dLayer", external, inputs: [images(3, 6, 5), TensorSpec(extents: [4, 27, 12])],
      "3 inputs (x, filters, bias)", "2 are given"),
    "LocalConv2dLayer: external tensor of a wrong shape": {
      try refuses(
        "LocalConv2dLayer", external,
        inputs: [
          images(3, 6, 5), TensorSpec(extents: [4, 26, 12]), TensorSpec(extents: [4, 12]),
        ], "input 1", "[4, 27, 12]", "[4, 26, 12]")()
      let layer = try layerOperator(
        "LocalConv2dLayer", external,
        inputs: [
          images(3, 6, 5), TensorSpec(extents: [nil, nil, 12]), TensorSpec(extents: [nil, 12]),
        ], weights: [:])
      func request(_ filters: RowLayout, _ bias: Int) -> [InputRows] {
        [
          InputRows(layout: RowLayout(cloudCount: 1, rowCount: 2), width: 90),
          InputRows(layout: filters, width: 12),
          InputRows(layout: RowLayout(cloudCount: 1, rowCount: bias), width: 12),
        ]
      }
      let right = RowLayout(cloudCount: 4, rowCount: 27)
      #expect(try layer.outputLayout(for: request(right, 4)).rowCount == 2)
      #expect(throws: LayoutError.cloudCount(input: 1, expected: 4, found: 3)) {
        try layer.outputLayout(for: request(RowLayout(cloudCount: 3, rowCount: 27), 4))
      }
      #expect(throws: LayoutError.rowCount(input: 2, cloud: 0, expected: 4, found: 5)) {
        try layer.outputLayout(for: request(right, 5))
      }
    },
    "LocalConv2dLayer: input H/W differ from config": refuses(
      "LocalConv2dLayer", Configs.localConv2d, inputs: [images(3, 7, 5)],
      weights: ["filters": [4, 27, 12], "bias": [4, 12]], "input 0", "[images, 3, 6, 5]",
      "[?, 3, 7, 5]"),
    "LocalConv2dLayer: input transposed (5x6 for 6x5), same number of pixels": refuses(
      "LocalConv2dLayer", Configs.localConv2d, inputs: [images(3, 5, 6)],
      weights: ["filters": [4, 27, 12], "bias": [4, 12]], "input 0", "[images, 3, 6, 5]",
      "[?, 3, 5, 6]"),
    "LocalConv2dLayer: 1x1 output map with out_channels 4": {
      let golden = try GoldenFile("local_conv2d_1x1_output_cout4_recommended")
      let x = try golden.tensor("input.x")
      let door = try LayerDoor(
        "LocalConv2dLayer", try golden.config(), inputs: [x],
        weights: golden.tensors(after: "weight."))
      #expect(try door.answer([x]).shape == [2, 4, 1, 1])
    },
    "LocalConv2dLayer: kernel larger than padded input": refuses(
      "LocalConv2dLayer", Configs.localConv2d.setting("kernel_size", .integers(7, 3)),
      "\"kernel_size\"", "[6, 5]", "[7, 3]"),
    "LocalConv2dLayer: stride 0": refuses(
      "LocalConv2dLayer", Configs.localConv2d.setting("stride", .integers(1, 0)), "\"stride\"",
      "from 1", "[1, 0]"),
    "LocalConv2dLayer: batch 0": {
      let empty = GoldenTensor(shape: [0, 3, 6, 5], floats: [])
      let door = try LayerDoor(
        "LocalConv2dLayer", Configs.localConv2d, inputs: [empty],
        weights: [
          "filters": GoldenTensor(shape: [4, 27, 12], floats: Array(repeating: 1, count: 1296)),
          "bias": GoldenTensor(shape: [4, 12], floats: Array(repeating: 1, count: 48)),
        ])
      #expect(try door.answer([empty]).shape == [0, 4, 4, 3])
    },
    "FeaturesUpsamplingLayer: filter \"cubic\"": refuses(
      "FeaturesUpsamplingLayer", ["filter": .string("cubic")], "\"filter\"", "\"gaussian\"",
      "\"cubic\""),
    "Orthonorm: NaN in the orthonormalising batch": {
      let batch = Matrix(rowCount: 2, columnCount: 1, values: [1, .nan])
      #expect(throws: OrthonormFitError.self) { try OrthonormFit.weights(for: batch) }
    },
    "Orthonorm: inference before any training update": refuses(
      "Orthonorm", [:], inputs: [rows(3)], "\"ortho_weights_store\"", "[3, 3]", "missing"),
  ]
}
