import Layers
import Models
import TestModels
import Testing

@Suite struct DemoModelTests {
  @Test func `the built-in model gives the golden logits and probabilities`() throws {
    let manifest = try ModelManifest(parsing: BuiltInModel.manifest)
    let graph = try ModelGraph(
      manifest, weights: SafetensorsFile(parsing: BuiltInModel.weights))
    let plan = ExecutablePlan(graph)
    let golden = try Fixtures.safetensors("demo/kpconvx_demo_golden.safetensors")
    let request = try plan.inputs.map { input in
      try Self.goldenTensor(of: input.name, in: golden)
    }
    try plan.validate(request)
    var workspace = Workspace()
    let outputs = plan.run([request], in: &workspace)[0]
    for (output, tensor) in zip(plan.outputs, outputs) {
      let name = output.name == "logits" ? "logits" : "probs"
      expectClose(
        tensor, try golden.tensor(named: name), absolute: 1e-4, relative: 0, output.name)
    }
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
