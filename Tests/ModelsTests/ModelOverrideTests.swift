import Layers
import Models
import TestModels
import Testing

@Suite struct ModelOverrideTests {
  private let directory: TemporaryDirectory
  private let repository: ModelRepository

  init() throws {
    directory = try TemporaryDirectory()
    repository = ModelRepository(directory: directory.path)
  }

  /// What the model answers for the row [1, 1]: its scaling factor.
  private func factor(_ name: String = "model", version: Int? = nil) throws -> Float {
    let model = try repository.model(named: name, version: version)
    var workspace = Workspace()
    let row = HostTensor(shape: [1, 2], values: .float32([1, 1]))
    return model.plan.run([[row]], in: &workspace)[0][0].floats[0]
  }

  private static func files(_ model: TestModel) -> ModelFiles {
    ModelFiles(
      manifest: JSONWriter.write(model.manifest),
      weights: SafetensorsWriter.write(model.weights))
  }

  @discardableResult
  private func load(
    _ override: ModelOverride, as name: String = "model", declining reason: String? = nil
  ) throws(ModelOverrideError) -> [ModelEvent] {
    try repository.load(name, override) { _ in reason }
  }

  @Test func `files take the place of the directory until the model is loaded anew`() throws {
    try directory.write(.scaling(by: 2), version: 1)
    try directory.write(.scaling(by: 3), version: 3)
    repository.reload()
    let events = try load(
      ModelOverride(versions: [1: Self.files(.scaling(by: 5)), 2: Self.files(.scaling(by: 7))]))
    #expect(events.count == 3 && events[0] == .removed(name: "model", version: 3), "\(events)")
    #expect(try factor(version: 1) == 5)
    #expect(try factor() == 7)
    #expect(throws: ModelLookupError.unknownVersion(name: "model", version: 3)) {
      try repository.model(named: "model", version: 3)
    }
    let report = try repository.model(named: "model").report()
    #expect(report.layers.map(\.name) == ["dense"])

    #expect(repository.reload().isEmpty)
    try directory.write(.scaling(by: 4), version: 3)
    #expect(repository.reload().isEmpty, "the directory is of no concern now")
    #expect(try factor() == 7)
    try repository.load("model")
    #expect(try factor(version: 1) == 2)
    #expect(try factor() == 4)
    #expect(repository.readyVersions(of: "model") == [1, 3])
  }

  @Test func `a model of files alone is gone once it is unloaded`() throws {
    repository.reload()
    try load(ModelOverride(versions: [4: Self.files(.scaling(by: 5))]), as: "new")
    #expect(repository.reload().isEmpty)
    #expect(try factor("new", version: 4) == 5)
    #expect(throws: ModelLookupError.unknownModel(name: "new")) { try repository.load("new") }
    #expect(try factor("new") == 5, "what could not be loaded leaves what is served")
    try repository.unload("new")
    #expect(throws: ModelLookupError.self) { try factor("new") }
    repository.reload()
    #expect(repository.index.isEmpty)
  }

  @Test func `members take the place of those of every version's manifest, objects being merged`()
    throws
  {
    var model = TestModel.scaling(by: 2)
    model.extra["batching"] = ["max_batch_size": 4, "max_batch_points": 100]
    try directory.write(model)
    repository.reload()
    let override = ModelOverride(
      manifestMembers: ["batching": ["max_batch_size": 9], "precision": "bfloat16"])
    try load(override)
    func served() throws -> ModelManifest { try repository.model(named: "model").manifest }
    #expect(try served().batching.maximumBatchSize == 9)
    #expect(try served().batching.maximumBatchPoints == 100)
    #expect(try served().precision == .bfloat16)
    #expect(try repository.model(named: "model").report().precision == .bfloat16)

    model.weight("dense/kernel", [2, 2], [3, 0, 0, 3])
    try directory.write(model)
    #expect(repository.reload().count == 1, "new files of the directory are read all the same")
    #expect(try factor() == 3)
    #expect(try served().batching.maximumBatchSize == 9)
    try repository.load("model")
    #expect(try served().batching.maximumBatchSize == 4)
    #expect(try served().precision == .float32)
  }

  @Test func `an override that can't be loaded in full changes nothing`() throws {
    try directory.write(.scaling(by: 2))
    repository.reload()
    var bad = Self.files(.scaling(by: 5))
    bad.weights = nil
    let missing = "weights.safetensors: no such file"
    #expect {
      try load(ModelOverride(versions: [1: Self.files(.scaling(by: 3)), 2: bad]))
    } throws: { "\($0)" == "version 2: \(missing)" }
    #expect {
      try load(ModelOverride(manifestMembers: ["batching": ["max_batch_size": 0]]))
    } throws: { "\($0)".contains("key batching.max_batch_size: expected") }
    #expect {
      try load(ModelOverride(manifestMembers: ["precision": "float32"]), declining: "no")
    } throws: { "\($0)" == "version 1: no" }
    #expect(throws: ModelOverrideError.lookup(.unknownModel(name: "other"))) {
      try load(ModelOverride(manifestMembers: ["precision": "float32"]), as: "other")
    }
    #expect(try factor() == 2)
    #expect(repository.reload().isEmpty)
    #expect(repository.index == [ModelStatus(name: "model", version: 1, state: .ready, reason: "")])
  }
}
