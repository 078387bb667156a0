import Layers
import Models
import TestModels
import Testing

@Suite struct DemoModelTests {
  @Test func `the built-in model gives the golden logits and probabilities`() throws {
    let golden = try Fixtures.safetensors("demo/kpconvx_demo_golden.safetensors")
    for (name, tensor) in try Self.outputs(.float32, golden) {
      let expected = try golden.tensor(named: name == "logits" ? name : "probs")
      expectClose(tensor, expected, absolute: 1e-4, relative: 0, name)
    }
  }

  @Test func `products of bfloat16 move the built-in model's answer by little`() throws {
    let golden = try Fixtures.safetensors("demo/kpconvx_demo_golden.safetensors")
    for (name, tensor) in try Self.outputs(.bfloat16, golden) {
      let expected = try golden.tensor(named: name == "logits" ? name : "probs")
      let difference = relativeDifference(tensor.floats, expected.floats)
      #expect(difference > 1e-4 && difference < 1e-2, "\(name)")
    }
  }

  private static func outputs(
    _ precision: ProductPrecision, _ golden: SafetensorsFile
  ) throws -> [(name: String, tensor: HostTensor)] {
    var manifest = try ModelManifest(parsing: BuiltInModel.manifest)
    manifest.precision = precision
    let plan = ExecutablePlan(
      try ModelGraph(manifest, weights: SafetensorsFile(parsing: BuiltInModel.weights)))
    let request = try plan.inputs.map { input in
      try goldenTensor(of: input.name, in: golden)
    }
    try plan.validate(request)
    var workspace = Workspace()
    let outputs = plan.run([request], in: &workspace)[0]
    return zip(plan.outputs.map(\.name), outputs).map { ($0, $1) }
  }

  /// The golden file names tensors as the training code did.
  private static func goldenTensor(
    of input: String, in golden: SafetensorsFile
  ) throws -> HostTensor {
    let level = input.dropFirst()
    let names = ["X": "P", "N": "nb", "D": "dn", "U": "up"]
    guard let prefix = names[String(input.prefix(1))] else {
      return try golden.tensor(named: "features")
    }
    var tensor = try golden.tensor(named: prefix + level)
    if tensor.shape.count == 1 { tensor.shape.append(1) }
    return tensor
  }
}
