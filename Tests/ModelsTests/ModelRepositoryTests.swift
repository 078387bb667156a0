import Foundation
import Layers
import Models
import TestModels
import Testing

@Suite struct ModelRepositoryTests {
  private let directory: TemporaryDirectory
  private let repository: ModelRepository

  init() throws {
    directory = try TemporaryDirectory()
    repository = ModelRepository(directory: directory.path)
  }

  /// What the model answers for the row [1, 1]: its scaling factor.
  private func factor(_ name: String = "model", version: Int? = nil) throws -> Float {
    try Self.factor(of: repository.model(named: name, version: version))
  }

  private static func factor(of model: LoadedModel) -> Float {
    var workspace = Workspace()
    let row = HostTensor(shape: [1, 2], values: .float32([1, 1]))
    return model.plan.run([[row]], in: &workspace)[0][0].floats[0]
  }

  private func reasons() -> [String] { repository.index.map(\.reason) }

  @Test func `the built-in repository serves the demo model`() throws {
    let repository = ModelRepository.builtIn()
    #expect(throws: ModelLookupError.unknownModel(name: "demo")) {
      try repository.model(named: "demo")
    }
    #expect(repository.reload().count == 1)
    let model = try repository.model(named: "demo")
    #expect(model.version == 1 && model.manifest.segmentation != nil)
    #expect(
      repository.index
        == [ModelStatus(name: "demo", version: 1, state: .ready, reason: "")])
    #expect(repository.reload().isEmpty)
    let report = try model.report()
    #expect(report.parameters * 4 == report.weightsByteCount)
    #expect(report.layers.reduce(0) { $0 + $1.parameters } == report.parameters)
    #expect(try model.report() == report)
  }

  @Test func `the latest ready version answers unless a version or label is named`() throws {
    for version in [2, 3, 10] {
      try directory.write(.scaling(by: Float(version)), version: version)
    }
    try directory.write(Array(#"{"stable": 2, "next": 11}"#.utf8), to: "model/labels.json")
    repository.reload()
    #expect(try factor() == 10)
    #expect(try factor(version: 3) == 3)
    #expect(try Self.factor(of: repository.model(named: "model", label: "stable")) == 2)
    #expect(repository.readyVersions(of: "model") == [2, 3, 10])
    #expect(throws: ModelLookupError.unknownVersion(name: "model", version: 4)) {
      try repository.model(named: "model", version: 4)
    }
    #expect(throws: ModelLookupError.unknownVersion(name: "model", version: 11)) {
      try repository.model(named: "model", label: "next")
    }
    #expect(throws: ModelLookupError.unknownLabel(name: "model", label: "old")) {
      try repository.model(named: "model", label: "old")
    }
    #expect(throws: ModelLookupError.unknownModel(name: "other")) {
      try repository.model(named: "other")
    }
  }

  @Test func `a bad new version leaves the old one serving and says why`() throws {
    try directory.write(.scaling(by: 2), version: 1)
    repository.reload()
    var bad = TestModel.scaling(by: 3)
    bad.weight("dense/kernel", [2, 2], [.infinity, 0, 0, 3])
    try directory.write(bad, version: 2)
    let reason =
      "weights.safetensors: tensor \"dense/kernel\": expected finite float32 values, "
      + "found inf at element 0"
    #expect(
      repository.reload()
        == [.refused(name: "model", version: 2, reason: reason, keepsServing: false)])
    #expect(try factor() == 2)
    #expect(repository.index.map(\.state) == [.ready, .unavailable])
    #expect(reasons() == ["", reason])
    #expect(repository.reload().isEmpty, "files that did not change are not read again")
    #expect(
      throws: ModelLookupError.notReady(name: "model", version: 2, reason: reason)
    ) { try repository.model(named: "model", version: 2) }
    try directory.write(.scaling(by: 3), version: 2)
    repository.reload()
    #expect(try factor() == 3)
  }

  @Test func `a version whose files turn bad in place keeps serving what it loaded`() throws {
    try directory.write(.scaling(by: 2))
    repository.reload()
    let model = try repository.model(named: "model")
    let path = directory.path + "/model/1/weights.safetensors"
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.truncate(atOffset: 40)
    try handle.close()
    #expect(Self.factor(of: model) == 2)
    guard case .refused("model", 1, let reason, keepsServing: true)? = repository.reload().first
    else {
      Issue.record("the truncated file was not refused")
      return
    }
    #expect(reason.hasPrefix("weights.safetensors: header: expected"))
    #expect(try factor() == 2)
    #expect(repository.index.map(\.state) == [.ready])
    #expect(reasons() == ["the files loaded before are served, because \(reason)"])
    #expect(throws: ModelError.self) { try model.report() }
  }

  @Test func `half-copied and hidden directories disturb nothing`() throws {
    try directory.write(.scaling(by: 2))
    try directory.write([], to: "model/2/.weights.safetensors.partial")
    try directory.write(SafetensorsWriter.write([:]), to: "model/3/weights.safetensors")
    try directory.write(.scaling(by: 5), name: ".hidden")
    try directory.write(.scaling(by: 5), name: "model/.trash")
    for name in ["latest", "0", "007", "-1", "1.5", "99999999999999999999"] {
      try directory.write(
        JSONWriter.write(TestModel.scaling(by: 7).manifest), to: "model/\(name)/model.json")
    }
    repository.reload()
    #expect(
      repository.index == [ModelStatus(name: "model", version: 1, state: .ready, reason: "")])
    try directory.write(
      JSONWriter.write(TestModel.scaling(by: 4).manifest), to: "model/2/model.json")
    repository.reload()
    #expect(repository.index.map(\.state) == [.ready, .unavailable])
    #expect(reasons()[1] == "\(directory.path)/model/2/weights.safetensors: no such file")
    #expect(repository.reload().isEmpty, "the same refusal is not told twice")
    #expect(try factor() == 2)
    try directory.write(.scaling(by: 4), version: 2)
    repository.reload()
    #expect(try factor() == 4)
    try directory.remove("model/2/model.json")
    #expect(repository.reload().isEmpty)
    #expect(try factor() == 4)
    try directory.remove("model/2")
    #expect(repository.reload() == [.removed(name: "model", version: 2)])
    #expect(try factor() == 2)
    try directory.remove("model")
    #expect(repository.reload() == [.removed(name: "model", version: 1)])
    #expect(repository.index.isEmpty)
  }

  @Test(arguments: [
    ("[]", "key (top level): expected an object of versions, found an array of 0"),
    (#"{"stable": 0}"#, "key stable: expected a version, an integer from 1, found 0"),
    (#"{"stable": "1"}"#, "key stable: expected a version, an integer from 1, found \"1\""),
    ("{", "byte 1: expected a key in quotation marks, found the end of the text"),
  ])
  func `labels that can't be used leave the ones before`(text: String, message: String) throws {
    try directory.write(.scaling(by: 2))
    try directory.write(Array(#"{"stable": 1}"#.utf8), to: "model/labels.json")
    repository.reload()
    try directory.write(Array(text.utf8), to: "model/labels.json")
    #expect(
      repository.reload() == [.labelsRefused(name: "model", reason: "labels.json: \(message)")])
    #expect(try repository.model(named: "model", label: "stable").version == 1)
  }

  @Test func `an unloaded model stays away until it is asked for`() throws {
    try directory.write(.scaling(by: 2))
    repository.reload()
    try repository.unload("model")
    #expect(repository.reload().isEmpty)
    #expect(
      throws: ModelLookupError.notReady(
        name: "model", version: nil, reason: "unloaded on request")
    ) { try repository.model(named: "model") }
    #expect(repository.index.map(\.state) == [.unavailable])
    try repository.load("model")
    #expect(try factor() == 2)
    #expect(throws: ModelLookupError.unknownModel(name: "other")) { try repository.load("other") }
    #expect(throws: ModelLookupError.unknownModel(name: "other")) {
      try repository.unload("other")
    }
  }

  @Test func `weights with another digest than the manifest states are refused`() throws {
    var model = TestModel.scaling(by: 2)
    model.extra["weights_sha256"] = .string(
      SHA256.hexadecimal(of: SafetensorsWriter.write(model.weights)))
    try directory.write(model, version: 1)
    model.weight("dense/kernel", [2, 2], [3, 0, 0, 3])
    try directory.write(model, version: 2)
    repository.reload()
    #expect(repository.index.map(\.state) == [.ready, .unavailable])
    #expect(reasons()[1].hasPrefix("weights.safetensors: expected the SHA-256 "))
  }

  @Test func `a directory that is gone leaves everything as it is`() throws {
    try directory.write(.scaling(by: 2), name: "root/model")
    let repository = ModelRepository(directory: directory.path + "/root")
    repository.reload()
    try directory.remove("root")
    #expect(
      repository.reload()
        == [.unreadable(reason: "\(directory.path)/root: No such file or directory")])
    #expect(try Self.factor(of: repository.model(named: "model")) == 2)
  }

  @Test func `a model that its server can't use is refused with the server's reason`() throws {
    try directory.write(.scaling(by: 2))
    let strict = ModelRepository(directory: directory.path) { model in
      model.manifest.segmentation == nil ? "key segmentation: expected an object" : nil
    }
    strict.reload()
    #expect(
      strict.index.map(\.reason) == ["model.json: key segmentation: expected an object"])
  }

  @Test(arguments: [
    ("model/1/model.json", "expected a regular file, found something else"),
    ("model/1/weights.safetensors", "expected a regular file, found something else"),
  ])
  func `something else in place of a file is refused without waiting`(
    name: String, reason: String
  ) throws {
    try directory.write(.scaling(by: 2))
    try directory.remove(name)
    let created = unsafe mkfifo("\(directory.path)/\(name)", 0o600)
    #expect(created == 0)
    repository.reload()
    #expect(reasons() == ["\(directory.path)/\(name): \(reason)"])
  }

  @Test func `warm-up runs answer before a model is ready, and must fit its inputs`() throws {
    var model = TestModel.scaling(by: 2)
    model.extra["warmup"] = .array([.object(["points": .integer(100)])])
    try directory.write(model, version: 1)
    model.inputs = []
    model.input("x", "FP32", [3, 2])
    model.input("other", "FP32", [-1, 2])
    model.layer("sum", "Add", inputs: ["dense", "other"])
    model.output("z", from: "sum")
    try directory.write(model, version: 2)
    repository.reload()
    #expect(
      reasons() == [
        "",
        "model.json: key warmup[0]: layer \"sum\": input \"other\": expected 3 rows in cloud 0, "
          + "found 100",
      ])
  }

  @Test func `warm-up runs beyond all memory are refused before anything is allocated`() throws {
    var model = TestModel.scaling(by: 2)
    model.input("unused", "FP32", [-1, 1 << 31])
    model.extra["warmup"] = .array([.object(["points": .integer(1 << 20)])])
    try directory.write(model)
    repository.reload()
    #expect(reasons()[0].contains("key warmup[0]: expected a request that"))
  }

  @Test func `readers see a whole model while versions are replaced`() async throws {
    try directory.write(.scaling(by: 1))
    repository.reload()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask { [repository] in
          for _ in 0..<50 {
            do {
              let model = try repository.model(named: "model")
              #expect([1, 2].contains(Self.factor(of: model)))
            } catch {
              Issue.record(error)
            }
          }
        }
      }
      group.addTask { [repository, directory] in
        for round in 0..<10 {
          do {
            try directory.write(.scaling(by: Float(round % 2 + 1)))
            repository.reload()
          } catch {
            Issue.record(error)
          }
        }
      }
    }
    #expect(try factor() == 2)
  }

  @Test(arguments: ["model", "model/", "model/2", "model/2/"])
  func `a path on the command line names a model or a version`(path: String) throws {
    try directory.write(.scaling(by: 1), version: 1)
    try directory.write(.scaling(by: 2), version: 2)
    try directory.write([], to: "model/3/readme")
    let found = try ModelDirectory("\(directory.path)/\(path)")
    #expect(found.name == "model" && found.version == 2)
    #expect(found.path == "\(directory.path)/model/2")
    #expect(throws: FileError.self) { try ModelDirectory("\(directory.path)/nothing") }
    #expect(throws: FileError.self) { try ModelDirectory("\(directory.path)/model/3") }
  }
}

@Suite struct ModelWriterTests {
  @Test func `an orthonormal layer's matrix is added in a new version`() throws {
    var model = TestModel()
    model.input("x", "FP32", [-1, 2])
    model.input("unrelated", "FP32", [-1, 7])
    model.layer("wide", "Dense", ["units": .integer(3), "use_bias": .bool(false)], inputs: ["x"])
    model.layer("soft", "Softmax", inputs: ["unrelated"])
    model.layer("ortho", "Orthonorm", inputs: ["wide:0"])
    model.layer("first", "Orthonorm", inputs: ["x"])
    model.output("y", from: "ortho")
    model.output("z", from: "soft")
    model.output("u", from: "first")
    model.weight("wide/kernel", [2, 3], [1, 2, 3, 4, 5, 6])
    let directory = try TemporaryDirectory()
    try directory.write(model)
    let found = try ModelDirectory(directory.path + "/model")
    let contents = try ModelContents(reading: found.source)
    #expect(throws: ModelError.self) { try contents.graph() }

    let before = try #require(try contents.planBefore(layer: "ortho"))
    #expect(before.inputs.map(\.name) == ["x"])
    var workspace = Workspace()
    let row = HostTensor(shape: [1, 2], values: .float32([1, 10]))
    #expect(before.run([[row]], in: &workspace)[0][0].floats == [41, 52, 63])
    #expect(try contents.planBefore(layer: "first") == nil)
    #expect(throws: ModelError.self) { try contents.planBefore(layer: "other") }

    var weights = try contents.weights.tensors()
    weights["ortho/ortho_weights_store"] = HostTensor(
      shape: [3, 3], values: .float32([1, 0, 0, 0, 2, 0, 0, 0, 3]))
    weights["first/ortho_weights_store"] = HostTensor(
      shape: [2, 2], values: .float32([1, 0, 0, 1]))
    let written = try ModelWriter.writeNewVersion(
      contents.manifest, weights: weights, into: directory.path + "/model")
    #expect(written.version == 2)
    let loaded = try LoadedModel(from: written.source, name: "model", version: 2)
    #expect(loaded.manifest.weightsSHA256 == loaded.sha256)
    let wide = HostTensor(shape: [1, 7], values: .float32(Array(repeating: 0, count: 7)))
    let answer = loaded.plan.run([[row, wide]], in: &workspace)[0]
    #expect(answer[0].floats == [41, 104, 189])
    #expect(try FileSystem.subdirectories(of: directory.path + "/model") == ["1", "2"])
  }
}
