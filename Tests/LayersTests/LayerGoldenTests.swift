import GoldenFiles
import Layers
import Testing

/// Every golden case of one layer, through the layer's door.
struct LayerGoldenTests {
  @Test(arguments: GoldenFile.names("kpconvx_"))
  func `KPConvX answers as its golden file says`(_ name: String) throws {
    try check(name, "KPConvXLayer", inputs: ["X", "F", "N"])
  }

  @Test(arguments: GoldenFile.names("hourglass_"))
  func `the hourglass answers as its golden file says`(_ name: String) throws {
    try check(name, "HourglassLayer", inputs: ["F"])
  }

  @Test(arguments: GoldenFile.names("local_conv2d_"))
  func `the locally connected layer answers as its golden file says`(_ name: String) throws {
    let external = name.contains("external")
    let weights = ["weights.filters"] + (name.hasSuffix("nobias") ? [] : ["weights.bias"])
    try check(name, "LocalConv2dLayer", inputs: ["x"] + (external ? weights : []))
  }

  @Test func `stored filters give way to filters that come with the request`() throws {
    let golden = try GoldenFile("local_conv2d_basic")
    var config = try golden.config()
    let x = try golden.tensor("input.x")
    let filters = try golden.tensor("weight.filters")
    let bias = try golden.tensor("weight.bias")
    let zeros = GoldenTensor(
      shape: filters.shape, floats: Array(repeating: 0, count: filters.floats.count))
    config["no_weights"] = .bool(false)
    let door = try LayerDoor(
      "LocalConv2dLayer", config, inputs: [x, filters, bias],
      weights: ["filters": zeros, "bias": bias])
    #expect(door.layerOperator.parameterInputs == [1, 2])
    let answer = try door.answer([x, filters, bias])
    let expected = try golden.tensor("expected.output")
    #expect(try golden.tolerance().disagreement(answer.floats, expected.floats) == nil)
  }

  @Test func `kernel point convolution answers as its golden file says`() throws {
    try check("kpconv", "KPConvLayer", inputs: ["Xa", "F", "N"])
  }

  @Test func `strided kernel point convolution answers as its golden file says`() throws {
    try check("strided_kpconv", "StridedKPConvLayer", inputs: ["Xa", "Xb", "F", "N"])
  }

  @Test(arguments: GoldenFile.names("features_down_"))
  func `downsampling answers as its golden file says`(_ name: String) throws {
    try check(name, "FeaturesDownsamplingLayer", inputs: ["Xa", "Xb", "F", "N"])
  }

  @Test(arguments: GoldenFile.names("features_up_"))
  func `upsampling answers as its golden file says`(_ name: String) throws {
    try check(name, "FeaturesUpsamplingLayer", inputs: ["Xa", "Xb", "F", "N"])
  }

  @Test(arguments: GoldenFile.names("orthonorm_"))
  func `Orthonorm answers as its golden file says`(_ name: String) throws {
    let golden = try GoldenFile(name)
    let x = try golden.tensor("input.X_test")
    let door = try LayerDoor(
      "Orthonorm", try golden.config(), inputs: [x], weights: golden.tensors(after: "weight."))
    let answer = try door.answer([x])
    let expected = try golden.tensor("expected.inference")
    #expect(answer.shape == expected.shape)
    let disagreement = try golden.tolerance(for: "inference")
      .disagreement(answer.floats, expected.floats)
    #expect(disagreement == nil)
  }

  @Test(arguments: GoldenFile.names("orthonorm_"))
  func `Orthonorm with the zeros before any training answers zeros`(_ name: String) throws {
    let golden = try GoldenFile(name)
    let x = try golden.tensor("input.X_test")
    let width = x.shape[1]
    let zeros = GoldenTensor(
      shape: [width, width], floats: Array(repeating: 0, count: width * width))
    let door = try LayerDoor(
      "Orthonorm", try golden.config(), inputs: [x], weights: ["ortho_weights_store": zeros])
    let expected = try golden.tensor("expected.inference_before_any_update")
    #expect(try door.answer([x]).floats == expected.floats)
  }

  @Test(arguments: GoldenFile.names("e2e_"))
  func `a whole network answers as its golden file says`(_ name: String) throws {
    let golden = try GoldenFile(name)
    var tensors = golden.tensors(after: "input.")
    var last = GoldenTensor(shape: [], floats: [])
    for layer in try (try golden.config()["pipeline"] ?? .null).array {
      let layer = try layer.object
      let layerName = try (layer["name"] ?? .null).string
      let inputs = try (layer["inputs"] ?? .null).array.map { try $0.string }
        .map { try #require(tensors[$0]) }
      let door = try LayerDoor(
        try (layer["class_name"] ?? .null).string, try (layer["config"] ?? .null).object,
        inputs: inputs, weights: golden.tensors(after: "weight.\(layerName)."))
      last = try door.answer(inputs)
      tensors[layerName] = last
      if let expected = golden.tensors["aux.\(layerName)"] {
        let disagreement = try golden.tolerance().disagreement(last.floats, expected.floats)
        #expect(disagreement == nil, "\(layerName)")
      }
    }
    let expected = try golden.tensor("expected.probabilities")
    #expect(last.shape == expected.shape)
    #expect(try golden.tolerance().disagreement(last.floats, expected.floats) == nil)
  }

  @Test func `all golden files are here`() {
    #expect(GoldenFile.names("").count == 67)
  }

  private func check(_ name: String, _ className: String, inputs: [String]) throws {
    let golden = try GoldenFile(name)
    let inputs = try inputs.map { try golden.tensor("input.\($0)") }
    let door = try LayerDoor(
      className, try golden.config(), inputs: inputs, weights: golden.tensors(after: "weight."))
    let answer = try door.answer(inputs)
    let expected = try golden.tensor("expected.output")
    #expect(answer.shape == expected.shape)
    let disagreement = try golden.tolerance().disagreement(answer.floats, expected.floats)
    #expect(disagreement == nil)
  }
}
