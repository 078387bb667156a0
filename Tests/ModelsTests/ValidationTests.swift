import Layers
import Models
import TestModels
import Testing

@Suite struct ValidationTests {
  private static let tolerances = ["rtol": "1e-3", "atol": "1e-6"]

  private static func tensor(_ shape: [Int], _ values: [Float]) -> HostTensor {
    HostTensor(shape: shape, values: .float32(values))
  }

  private static func replay(
    _ tensors: [String: HostTensor], metadata: [String: String] = tolerances
  ) throws -> [ValidationOutcome] {
    let plan = try TestModel.scaling(by: 2).plan()
    let file = try ValidationFile(
      parsing: SafetensorsWriter.write(tensors, metadata: metadata), for: plan)
    return try file.replay(through: plan)
  }

  @Test func `answers within the tolerance pass, and the worst element is named`() throws {
    let outcomes = try Self.replay([
      "case0/input.x": Self.tensor([1, 2], [1, 2]),
      "case0/expected.y": Self.tensor([1, 2], [2, 4.002]),
      "case1/input.x": Self.tensor([2, 2], [1, 2, 3, 4]),
      "case1/expected.y": Self.tensor([2, 2], [2, 4, 6.5, 8]),
    ])
    #expect(outcomes.map(\.caseName) == ["case0", "case1"])
    #expect(outcomes.map(\.passes) == [true, false])
    #expect(outcomes[0].worstIndex == 1)
    #expect(abs(outcomes[0].largestDifference - 0.002) < 1e-6)
    #expect(outcomes[1].worstIndex == 2)
    #expect(outcomes[1].worstFound == 6)
    #expect(outcomes[1].worstExpected == 6.5)
  }

  @Test func `one case needs no name, and its names may hold slashes`() throws {
    var model = TestModel()
    model.input("a/b", "FP32", [-1, 1])
    model.layer("relu", "ReLU", inputs: ["a/b"])
    model.output("c/d", from: "relu")
    let plan = try model.plan()
    let file = try ValidationFile(
      parsing: SafetensorsWriter.write(
        [
          "input.a/b": Self.tensor([2, 1], [-1, 1]), "expected.c/d": Self.tensor([2, 1], [0, 1]),
        ], metadata: Self.tolerances), for: plan)
    let outcomes = try file.replay(through: plan)
    #expect(outcomes.map(\.passes) == [true])
    #expect(outcomes[0].largestDifference == 0)
  }

  @Test func `a stored NaN never passes`() throws {
    let outcomes = try Self.replay([
      "input.x": Self.tensor([1, 2], [1, 2]), "expected.y": Self.tensor([1, 2], [.nan, 5]),
    ])
    #expect(outcomes.map(\.passes) == [false])
    #expect(outcomes[0].worstIndex == 0)
  }

  @Test(arguments: [
    (
      ["input.x", "expected.y"], ["rtol": "1e-3"],
      "validation.safetensors: metadata key atol: expected a number of at least 0 as text, found no such key"
    ),
    (
      ["input.x", "expected.y"], ["rtol": "-1", "atol": "0"],
      "validation.safetensors: metadata key rtol: expected a number of at least 0 as text, found \"-1\""
    ),
    (
      ["input.x", "expected.z"], tolerances,
      "validation.safetensors: tensor \"expected.z\": expected [<case>/]input.<name> with one of x, or [<case>/]expected.<name> with one of y"
    ),
    (
      ["a/expected.y"], tolerances,
      "validation.safetensors: case \"a\": expected the tensor input.x, found no such tensor"
    ),
    (
      ["a/input.x"], tolerances,
      "validation.safetensors: case \"a\": expected at least one tensor expected.<output name>, found none"
    ),
    ([], tolerances, "validation.safetensors: expected at least one case, found no tensors"),
  ])
  func `a file that says too little or too much is refused`(
    names: [String], metadata: [String: String], message: String
  ) throws {
    let tensors = Dictionary(
      uniqueKeysWithValues: names.map { ($0, Self.tensor([1, 2], [1, 2])) })
    let error = #expect(throws: ValidationError.self) {
      try Self.replay(tensors, metadata: metadata)
    }
    #expect(error?.description == message)
  }

  @Test func `inputs that the model refuses and answers of another shape are told apart`() throws {
    let badInput = #expect(throws: ValidationError.self) {
      try Self.replay([
        "input.x": Self.tensor([1, 3], [1, 2, 3]), "expected.y": Self.tensor([1, 2], [1, 2]),
      ])
    }
    #expect(badInput?.description.contains("input \"x\": expected the shape [-1, 2]") == true)
    let badOutput = #expect(throws: ValidationError.self) {
      try Self.replay([
        "input.x": Self.tensor([1, 2], [1, 2]), "expected.y": Self.tensor([2, 2], [1, 2, 3, 4]),
      ])
    }
    #expect(
      badOutput?.description
        == "validation.safetensors: output \"y\": expected floating values [2, 2], found floating values [1, 2]"
    )
  }

  @Test func `a directory without the file has nothing to replay`() throws {
    let directory = try TemporaryDirectory()
    let plan = try TestModel.scaling(by: 2).plan()
    #expect(try ValidationFile.read(fromDirectory: directory.path, for: plan) == nil)
  }

  @Test(arguments: ["cluster", "range-image"])
  func `a model that the project keeps gives its stored answers`(name: String) throws {
    let directory = try ModelDirectory("\(Fixtures.directory)/../../deploy/models/\(name)")
    let model = try LoadedModel(
      from: directory.source, name: directory.name, version: directory.version)
    let stored = try #require(
      try ValidationFile.read(fromDirectory: directory.path, for: model.plan))
    let outcomes = try stored.replay(through: model.plan)
    #expect(outcomes.count == 2 && outcomes.allSatisfy(\.passes))
    #expect(try ModelManifest(parsing: model.manifest.text()) == model.manifest)
  }
}
