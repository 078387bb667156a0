import Layers
import Models
import TestModels

/// How a case of `errors.json` reaches the service, and what becomes of it.
enum StatedErrorMeeting {
  /// The model is not served; the reason has all the parts.
  case refusedModel(TestModel, [String])
  /// The model is served and refuses the request; the answer has all the parts.
  case refusedRequest(GoldenModel, [UInt8], status: Int, [String])
  /// The request is answered with an output of this shape.
  case answered(GoldenModel, [UInt8], shape: [Int])
  /// Weights of 64 bits give the output that the same numbers in 32 bits give.
  case wideWeights(GoldenModel)
  /// No request and no model can hold it; it is tested where it arises.
  case unreachable

  /// Every case by its layer and name.
  static func all() throws -> [String: [StatedErrorMeeting]] {
    try hourglass().merging(pointConvolutions()) { $1 }.merging(regularizers()) { $1 }
      .merging(localConvolutions()) { $1 }.merging(others()) { $1 }
  }

  private static func hourglass() throws -> [String: [StatedErrorMeeting]] {
    let golden = try GoldenModel(case: "hourglass_3d_relu_relu_safe")
    func refused(_ key: String, _ value: ConfigValue, _ parts: String...) -> StatedErrorMeeting {
      .refusedModel(golden.model.setting([key], value), ["\"\(key)\""] + parts)
    }
    var withoutW1 = golden.model.setting(["built_W1"], true)
    withoutW1.weights["hourglass/W1"] = nil
    var otherWidth = golden.model
    otherWidth.weights["hourglass/W1"] = ones([15, 4])
    return [
      "HourglassLayer: activation \"tanh\"": [
        refused("activation", "tanh", "\"relu\"", "\"tanh\"")
      ],
      "HourglassLayer: activation2 \"sigmoid\"": [
        refused("activation2", "sigmoid", "\"identity\"", "\"sigmoid\"")
      ],
      "HourglassLayer: sigma=\"tanh\" overrides activation": [refused("sigma", "tanh")],
      "HourglassLayer: spectral_strategy \"fast\"": [
        refused("spectral_strategy", "fast", "\"approx\"", "\"fast\"")
      ],
      "HourglassLayer: built_W1=True without weights": [
        .refusedModel(withoutW1, ["hourglass/W1", "[16, 4]", "found no such tensor"])
      ],
      "HourglassLayer: feature width differs from W1 rows": [
        .refusedModel(otherWidth, ["\"W1\"", "[16, 4]", "[15, 4]"]),
        .refusedRequest(
          golden, golden.inferBody(["F": ones([2, 9, 15])]), status: 422,
          ["\"F\"", "[-1, -1, 16]", "[2, 9, 15]"]),
      ],
      "HourglassLayer: Dh = 0": [refused("Dh", 0, "from 1", "0")],
    ]
  }

  private static func pointConvolutions() throws -> [String: [StatedErrorMeeting]] {
    let kpconv = try GoldenModel(case: "kpconv")
    func gather(_ index: Int32) -> [StatedErrorMeeting] {
      var indices = [Int32](repeating: 3, count: 4 * 6)
      indices[5] = index
      let body = kpconv.inferBody([
        "Xa": ones([1, 4, 3]), "F": ones([1, 4, 4]),
        "N": HostTensor(shape: [1, 4, 6], values: .int32(indices)),
      ])
      return [
        .refusedRequest(
          kpconv, body, status: 422, ["\"N\"", "from 0 to 3", "found \(index) at element 5"])
      ]
    }
    let golden = try GoldenModel(case: "kpconvx_G_equals_D")
    let name = "kpconvx_G_equals_D"
    func refused(_ key: String, _ value: ConfigValue, _ parts: String...) -> StatedErrorMeeting {
      .refusedModel(golden.model.setting([key], value), parts)
    }
    var otherKernel = golden.model
    otherKernel.weights["\(name)/Q"] = ones([8, 3])
    var negativeVariance = golden.model
    var variances = [Float](repeating: 1, count: 16)
    variances[3] = -0.002
    negativeVariance.weights["\(name)/bn_htilde.moving_variance"] = HostTensor(
      shape: [1, 16], values: .float32(variances))
    var flat = golden.model
    flat.inputs = flat.inputs.map { input in
      guard case .object(var members) = input, members["name"] == "X" else { return input }
      members["shape"] = [-1, -1, 2]
      return .object(members)
    }
    return [
      "KPConvLayer (same gather as KPConvX): neighbour index -1 with R=4": gather(-1),
      "KPConvLayer (same gather as KPConvX): neighbour index 4 with R=4": gather(4),
      "KPConvXLayer: groups does not divide D_in": [
        refused("groups", 3, "\"groups\"", "divisor of the input width 8", "3")
      ],
      "KPConvXLayer: len(shell_radii) != len(shell_points), or sum(shell_points) != rows of Q": [
        refused("shell_points", [1, 2, 3], "\"shell_radii\"", "3 shells"),
        .refusedModel(otherKernel, ["\"Q\"", "[7, 3]", "[8, 3]"]),
      ],
      "KPConvXLayer: sigma <= 0": [
        refused("sigma", 0, "\"sigma\"", "greater than 0"),
        refused("sigma", -1, "\"sigma\"", "greater than 0"),
      ],
      "KPConvXLayer: negative moving variance below -eps (NaN)": [
        .refusedModel(negativeVariance, ["bn_htilde.moving_variance", "-0.002 at 3"])
      ],
      "KPConvXLayer: n_x of X differs from columns of Q": [
        .refusedModel(flat, ["\"Q\"", "[7, 2]", "[7, 3]"]),
        .refusedRequest(
          golden, golden.inferBody(["X": ones([1, 10, 2])]), status: 422,
          ["\"X\"", "[-1, -1, 3]", "[1, 10, 2]"]),
      ],
      "KPConvXLayer: kappa = 0 or R = 0": [
        .refusedRequest(
          golden, golden.inferBody(["N": HostTensor(shape: [1, 10, 0], values: .int32([]))]),
          status: 422, ["\"N\"", "[1, 10, 0]"]),
        .refusedRequest(
          golden,
          golden.inferBody([
            "X": ones([1, 0, 3]), "F": ones([1, 0, 8]),
            "N": HostTensor(shape: [1, 0, 6], values: .int32([])),
          ]), status: 422, ["\"X\"", "[1, 0, 3]"]),
      ],
    ]
  }

  private static func regularizers() throws -> [String: [StatedErrorMeeting]] {
    let golden = try GoldenModel(case: "klr_hann_7x5")
    let polynomial = try GoldenModel(case: "klr_poly_5x3_exp3")
    let path = ["kernel_regularizer", "config"]
    func kernel(_ value: ConfigValue, _ parts: String...) -> [StatedErrorMeeting] {
      [
        .refusedModel(
          golden.model.setting(path + ["kernel_size"], value), ["kernel_size"] + parts)
      ]
    }
    var flatKernel = golden.model
    flatKernel.weights["conv/kernel"] = ones([7, 2, 3])
    return [
      "KernelLengthRegularizer: kernel_size=(5,)": kernel([5], "[length, 1]"),
      "KernelLengthRegularizer: kernel_size=(3, 3, 3)": kernel([3, 3, 3], "[height, width]"),
      "KernelLengthRegularizer: kernel_size=5": kernel(5, "[height, width]", "5"),
      "KernelLengthRegularizer: kernel_size=(3, 3, 3, 3)": kernel(
        [3, 3, 3, 3], "[height, width]"),
      "KernelLengthRegularizer: poly_exp=-1 with odd length (0**-1)": [
        .refusedModel(
          polynomial.model.setting(path + ["poly_exp"], -1), ["poly_exp", "finite window", "-1"])
      ],
      "KernelLengthRegularizer: weights (5,3,2,4) with kernel_size (4,3)": kernel(
        [4, 3], "[7, 5]", "[4, 3]"),
      "KernelLengthRegularizer: weights of rank 3 (5,2,4) with kernel_size (5,1)": [
        .refusedModel(flatKernel, ["kernel", "[7, 5, 2, 3]", "[7, 2, 3]"])
      ],
      "KernelLengthRegularizer: float64 weights": [
        .wideWeights(try GoldenModel(case: "hourglass_3d_relu_relu_safe"))
      ],
    ]
  }

  private static func localConvolutions() throws -> [String: [StatedErrorMeeting]] {
    let golden = try GoldenModel(case: "local_conv2d_basic")
    let external = try GoldenModel(case: "local_conv2d_external")
    let small = try GoldenModel(case: "local_conv2d_1x1_output_cout4_recommended")
    func images(_ shape: [Int]) -> StatedErrorMeeting {
      .refusedRequest(
        golden, golden.inferBody(["x": ones(shape)]), status: 422,
        ["\"x\"", "[-1, 3, 6, 5]", "\(shape)"])
    }
    func without(_ names: String...) -> [StatedErrorMeeting] {
      var model = external.model
      let isKept = { (input: ConfigValue) in
        if case .object(let members) = input, case .string(let name)? = members["name"] {
          return !names.contains(name)
        }
        return true
      }
      model.inputs = model.inputs.filter(isKept)
      model.layers = model.layers.map { layer in
        guard case .object(var members) = layer, case .array(let inputs)? = members["inputs"]
        else { return layer }
        members["inputs"] = .array(inputs.filter { !names.map(ConfigValue.string).contains($0) })
        return .object(members)
      }
      let absent = Dictionary(uniqueKeysWithValues: names.map { ($0, HostTensor?.none) })
      return [
        .refusedModel(model, ["3 inputs (x, filters, bias)"]),
        .refusedRequest(external, external.inferBody(absent), status: 400, ["is missing"]),
      ]
    }
    return [
      "LocalConv2dLayer: no_weights=True and none given": without(
        "weights.filters", "weights.bias"),
      "LocalConv2dLayer: wrong number of external tensors": without("weights.bias"),
      "LocalConv2dLayer: external tensor of a wrong shape": [
        .refusedRequest(
          external, external.inferBody(["weights.filters": ones([3, 11, 20])]), status: 422,
          ["weights.filters", "[3, 12, 20]", "[3, 11, 20]"])
      ],
      "LocalConv2dLayer: input H/W differ from config": [images([2, 3, 7, 5])],
      "LocalConv2dLayer: input transposed (5x6 for 6x5), same number of pixels": [
        images([2, 3, 5, 6])
      ],
      "LocalConv2dLayer: 1x1 output map with out_channels 4": [
        .answered(small, small.inferBody(), shape: [2, 4, 1, 1])
      ],
      "LocalConv2dLayer: kernel larger than padded input": [
        .refusedModel(
          golden.model.setting(["kernel_size"], [7, 3]), ["kernel_size", "[6, 5]", "[7, 3]"])
      ],
      "LocalConv2dLayer: stride 0": [
        .refusedModel(golden.model.setting(["stride"], [1, 0]), ["stride", "from 1", "[1, 0]"])
      ],
      "LocalConv2dLayer: batch 0": [
        .answered(golden, golden.inferBody(["x": ones([0, 3, 6, 5])]), shape: [0, 4, 4, 3])
      ],
    ]
  }

  private static func others() throws -> [String: [StatedErrorMeeting]] {
    let features = try GoldenModel(case: "features_up_mean")
    var orthonorm = try GoldenModel(case: "orthonorm_20x3").model
    orthonorm.weights = [:]
    return [
      "FeaturesUpsamplingLayer: filter \"cubic\"": [
        .refusedModel(
          features.model.setting(["filter"], "cubic"), ["\"filter\"", "\"gaussian\"", "\"cubic\""])
      ],
      "Orthonorm: NaN in the orthonormalising batch": [.unreachable],
      "Orthonorm: inference before any training update": [
        .refusedModel(orthonorm, ["ortho_weights_store", "found no such tensor"])
      ],
    ]
  }

  private static func ones(_ shape: [Int]) -> HostTensor {
    HostTensor(shape: shape, values: .float32(Array(repeating: 1, count: shape.reduce(1, *))))
  }
}

extension TestModel {
  /// The same model with another value in the configuration of its first layer.
  fileprivate func setting(_ path: [String], _ value: ConfigValue) -> TestModel {
    var model = self
    model.layers[0] = model.layers[0].setting(["config"] + path[...], value)
    return model
  }
}

extension ConfigValue {
  /// The same object with another value at the end of a path of keys.
  fileprivate func setting(_ path: ArraySlice<String>, _ value: ConfigValue) -> ConfigValue {
    guard let key = path.first else { return value }
    guard case .object(var members) = self else { return self }
    members[key] = (members[key] ?? .null).setting(path.dropFirst(), value)
    return .object(members)
  }
}
