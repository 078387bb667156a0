import Layers
import Models
import TestModels
import Testing

@Suite struct GraphTests {
  /// One change to a model that fits, and how it is refused.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let message: String
    let change: @Sendable (inout TestModel) -> Void
  }

  private static func chain() -> TestModel {
    var model = TestModel.scaling(by: 2)
    model.layer("soft", "Softmax", inputs: ["dense"])
    return model
  }

  static let faults = [
    Fault(
      testDescription: "unknown class",
      message: "model.json: layer \"l\": config: the layer class \"Densee\" is unknown; "
        + "did you mean \"Dense\"?"
    ) { $0.layer("l", "Densee", inputs: ["x"]) },
    Fault(
      testDescription: "unknown configuration key",
      message:
        "model.json: layer \"l\": config: the key \"axes\" is unknown; did you mean \"axis\"?"
    ) { $0.layer("l", "Softmax", ["axes": .integer(-1)], inputs: ["x"]) },
    Fault(
      testDescription: "input of a later layer",
      message:
        "model.json: layer \"l\": key inputs[0]: expected a graph input or an earlier layer, "
        + "such as \"dense\", found \"densee\""
    ) { $0.layer("l", "Softmax", inputs: ["densee"]) },
    Fault(
      testDescription: "second result of a layer that has one",
      message:
        "model.json: layer \"l\": key inputs[0]: expected a graph input or an earlier layer, "
        + "such as \"dense\", found \"dense:1\""
    ) { $0.layer("l", "Softmax", inputs: ["dense:1"]) },
    Fault(
      testDescription: "name twice",
      message: "model.json: key layers[2].name: expected each name once, found \"dense\" again"
    ) { $0.layer("dense", "Softmax", inputs: ["x"]) },
    Fault(
      testDescription: "input named as a layer",
      message: "model.json: key layers[0].name: expected each name once, found \"dense\" again"
    ) { $0.input("dense", "FP32", [-1, 2]) },
    Fault(
      testDescription: "output twice",
      message: "model.json: key outputs[1].name: expected each name once, found \"y\" again"
    ) { $0.output("y", from: "soft") },
    Fault(
      testDescription: "unknown output",
      message:
        "model.json: output \"z\": key from: expected a layer, such as \"soft\", found \"soff\""
    ) { $0.output("z", from: "soff") },
    Fault(
      testDescription: "missing weight",
      message: "weights.safetensors: layer \"dense\": expected the tensor \"dense/kernel\" [2, 2], "
        + "found no such tensor"
    ) { $0.weights = [:] },
    Fault(
      testDescription: "leftover weight of a layer",
      message: "weights.safetensors: expected only tensors that a layer takes, found \"dense/bias\""
    ) { $0.weight("dense/bias", [2], [0, 0]) },
    Fault(
      testDescription: "weight of no layer",
      message:
        "weights.safetensors: expected only tensors that a layer takes, found \"other/kernel\""
    ) { $0.weight("other/kernel", [1], [0]) },
    Fault(
      testDescription: "wrong shape of a weight",
      message: "weights.safetensors: layer \"dense\" (Dense): the weight \"kernel\" must have the "
        + "shape [2, 2], but has [2, 3]"
    ) { $0.weight("dense/kernel", [2, 3], [0, 0, 0, 0, 0, 0]) },
    Fault(
      testDescription: "weight that is not finite",
      message:
        "weights.safetensors: tensor \"dense/kernel\": expected finite float32 values, found "
        + "nan at element 3"
    ) { $0.weight("dense/kernel", [2, 2], [0, 0, 0, .nan]) },
    Fault(
      testDescription: "weight of an integer type",
      message:
        "weights.safetensors: tensor \"dense/kernel\": expected dtype F32, F64, F16 or BF16, "
        + "found I32"
    ) { $0.weights["dense/kernel"] = HostTensor(shape: [1], values: .int32([1])) },
    Fault(
      testDescription: "number of inputs",
      message: "model.json: layer \"l\" (Softmax): the layer takes 1 input (x), but 2 are given"
    ) { $0.layer("l", "Softmax", inputs: ["x", "x"]) },
    Fault(
      testDescription: "floats in place of indices",
      message: "model.json: layer \"l\" (Gather): input 1 must be int32 [points, 1] or "
        + "[clouds, points, 1], but is float32 [?, 2]"
    ) { $0.layer("l", "Gather", inputs: ["x", "dense"]) },
    Fault(
      testDescription: "indices that a layer computes",
      message: "model.json: layer \"l\": key inputs: expected row indices from a graph input, "
        + "found those of \"near\""
    ) {
      $0.layer("near", "NearestCentroid", ["output": .string("index")], inputs: ["x"])
      $0.weight("near/centroids", [3, 2], [0, 0, 1, 1, 2, 2])
      $0.layer("l", "Gather", inputs: ["x", "near"])
    },
  ]

  @Test(arguments: faults)
  func `a graph with one fault is refused with file, layer, key, expected and found`(
    fault: Fault
  ) throws {
    var model = Self.chain()
    fault.change(&model)
    let error = #expect(throws: GraphError.self) { try model.graph() }
    #expect(error?.description == fault.message)
  }

  @Test func `the first result of a layer has two names`() throws {
    var model = Self.chain()
    model.layer("again", "Softmax", inputs: ["dense:0"])
    model.output("z", from: "again:0")
    #expect(try model.graph().outputs.map(\.tensor) == [1, 3])
  }

  @Test func `a tensor belongs to the layer with the longest name that fits`() throws {
    var model = TestModel()
    model.input("x", "FP32", [-1, 1])
    for name in ["a", "a/b"] {
      model.layer(name, "Dense", ["units": .integer(1), "use_bias": .bool(false)], inputs: ["x"])
      model.weight("\(name)/kernel", [1, 1], [1])
    }
    model.output("y", from: "a")
    #expect(try model.graph().nodes.map(\.parameterCount) == [1, 1])
  }
}
