import FoundationEssentials
import HTTPServer
import Layers
import Models
import TestModels
import Testing

@testable import Service

/// `POST /v2/repository/models/{model}/load` and `…/unload`, as Triton's clients send them.
@Suite struct ModelControlTests {
  @Test(arguments: [
    ("load", "", 200), ("load", "{}", 200), ("load", #"{"parameters":{}}"#, 200),
    ("load", #"{"parameters":null}"#, 200), ("load", "[]", 400), ("load", "{", 400),
    ("load", #"{"parameters":1}"#, 400), ("load", #"{"parameters":{"config":"{}"}}"#, 200),
    ("load", #"{"parameters":{"config":"{\"max_batch_size\":\"0\"}"}}"#, 200),
    ("load", #"{"parameters":{"config":"{\"name\":\"demo\"}"}}"#, 200),
    ("unload", #"{"parameters":{"config":"{}"}}"#, 400),
    ("unload", #"{"parameters":{"unload_dependents":false}}"#, 200),
    ("unload", #"{"parameters":{"unload_dependents":null}}"#, 200),
    ("unload", #"{"parameters":{"unload_dependents":1}}"#, 400),
  ])
  func `a model is loaded and unloaded on request`(
    action: String, body: String, status: Int
  ) async throws {
    let running = try RunningService()
    let answer = try running.client.post(
      "/v2/repository/models/demo/\(action)", Array(body.utf8))
    #expect(answer.status == status, "\(answer.text)")
    await running.stop()
  }

  /// A request body of parameters.
  private static func body(_ parameters: [String: ConfigValue]) -> [UInt8] {
    JSONWriter.write(["parameters": .object(parameters)])
  }

  private static func base64(_ content: [UInt8]) -> ConfigValue {
    .string(Data(content).base64EncodedString())
  }

  private static func files(_ model: TestModel, version: Int) -> [String: ConfigValue] {
    [
      "file:\(version)/model.json": base64(JSONWriter.write(model.manifest)),
      "file:\(version)/weights.safetensors": base64(SafetensorsWriter.write(model.weights)),
    ]
  }

  /// What the model answers for the row [1, 1]: its scaling factor.
  private static func factor(_ model: String, _ client: ServiceClient) throws -> String {
    let answer = try client.post(
      "/v2/models/\(model)/infer",
      Array(
        #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,1]}]}"#.utf8))
    guard answer.status == 200 else { return "\(answer.status)" }
    return String(answer.text.split(separator: "\"data\":[").last?.prefix { $0 != "," } ?? "")
  }

  @Test func `a configuration changes how requests are batched and products computed`() async throws
  {
    let running = try RunningService()
    let client = running.client
    let labels = Array("0 0 0\n1 0 0\n0 1 5\n".utf8)
    func segment() throws -> Int { try client.post("/v2/models/demo/segment", labels).status }
    let wanted: ConfigValue = [
      "name": "demo",
      "dynamic_batching": [
        "preferred_batch_size": [2, 4], "max_queue_delay_microseconds": "1500",
      ],
      "parameters": [
        "max_batch_points": ["string_value": "70000"],
        "max_batch_requests": ["string_value": "16"], "precision": ["string_value": "bfloat16"],
      ],
    ]
    let text = String(decoding: JSONWriter.write(wanted), as: UTF8.self)
    let answer = try client.post(
      "/v2/repository/models/demo/load", Self.body(["config": .string(text)]))
    #expect(answer.status == 200, "\(answer.text)")
    func config() throws -> ConfigValue {
      try Fixtures.json(client.get("/v2/models/demo/config").text)
    }
    #expect(ModelConfiguration.firstDifference(wanted, try config(), at: "config") == nil)
    #expect(try segment() == 200)
    // Read again, it stays; loaded anew, it is gone.
    running.service.reload()
    #expect(ModelConfiguration.firstDifference(wanted, try config(), at: "config") == nil)
    #expect(try client.post("/v2/repository/models/demo/load", []).status == 200)
    #expect(ModelConfiguration.firstDifference(wanted, try config(), at: "config") != nil)
    #expect(try segment() == 200)
    await running.stop()
  }

  @Test(arguments: [
    (#"{"max_batch_size":8}"#, "config.max_batch_size: expected 0, found 8"),
    (#"{"optimization":{}}"#, "config.optimization: expected nothing"),
    (#"{"input":[]}"#, "config.input: expected"),
    (#"{"name":"other"}"#, "config.name: expected \"demo\", found \"other\""),
    (#"{"backend":"onnxruntime"}"#, "config.backend: expected \"pointserve\""),
    (#"{"dynamic_batching":{"max_queue_delay_microseconds":-1}}"#, "max_queue_delay_microseconds"),
    (#"{"dynamic_batching":{"preferred_batch_size":[100000]}}"#, "preferred_batch_size"),
    (#"{"dynamic_batching":{"priority_levels":2}}"#, "config.dynamic_batching.priority_levels"),
    (#"{"parameters":{"precision":{"string_value":"int4"}}}"#, "precision"),
    (#"{"parameters":{"max_batch_points":{"string_value":"x"}}}"#, "max_batch_points"),
    ("[]", "expected an object"), ("{", "byte 1"),
  ])
  func `a configuration that the model can't have is refused and changes nothing`(
    config: String, reason: String
  ) async throws {
    let running = try RunningService()
    let before = try running.client.get("/v2/models/demo/config").body
    let answer = try running.client.post(
      "/v2/repository/models/demo/load", Self.body(["config": .string(config)]))
    #expect(answer.status == 400)
    guard case .object(let error) = try Fixtures.json(answer.text),
      case .string(let message)? = error["error"]
    else {
      Issue.record("\(answer.text)")
      return
    }
    #expect(message.hasPrefix("parameter config: ") && message.contains(reason), "\(message)")
    #expect(error["detail"] == ["parameter": "config"])
    #expect(try running.client.get("/v2/models/demo/config").body == before)
    await running.stop()
  }

  @Test func `a model is loaded from files in the request`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2))
    let running = try RunningService([.modelRepository: directory.path])
    let client = running.client
    func load(_ name: String, _ parameters: [String: ConfigValue]) throws -> Int {
      try client.post("/v2/repository/models/\(name)/load", Self.body(parameters)).status
    }
    var wide = TestModel.scaling(by: 5)
    // Beyond what other control requests may have.
    wide.extra["description"] = .string(String(repeating: "wide ", count: 40_000))
    let parameters = Self.files(wide, version: 3).merging(["config": "{}"]) { $1 }
    #expect(try load("model", parameters) == 200)
    #expect(try Self.factor("model", client) == "5.0")
    #expect(try client.get("/v2/models/model/versions/1").status == 404)
    #expect(try client.get("/v2/models/model/versions/3/layers").status == 200)
    #expect(try load("new", Self.files(.scaling(by: 7), version: 1)) == 200)
    #expect(try Self.factor("new", client) == "7.0")
    #expect(try client.post("/v2/repository/index", []).text.contains("\"new\""))

    #expect(try load("model", [:]) == 200)
    #expect(try Self.factor("model", client) == "2.0")
    #expect(try client.post("/v2/repository/models/new/unload", []).status == 200)
    #expect(try Self.factor("new", client) == "503")
    await running.stop()
  }

  @Test func `files that make no model are refused by name, and harm nothing`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2))
    let running = try RunningService([.modelRepository: directory.path])
    let client = running.client
    let good = Self.files(.scaling(by: 5), version: 1)
    let manifest = "file:1/model.json"
    let weights = "file:1/weights.safetensors"
    let cases: [(change: [String: ConfigValue], parameter: String)] = [
      ([manifest: "no base64!"], manifest), ([manifest: 5], manifest),
      ([manifest: Self.base64(Array("{}".utf8))], manifest),
      ([weights: Self.base64(Array("short".utf8))], weights),
      (["file:1/model.onnx": ""], "file:1/model.onnx"),
      (["file:model.json": ""], "file:model.json"),
      (["file:01/model.json": ""], "file:01/model.json"),
      (["file:1/../model.json": ""], "file:1/../model.json"),
      (["file:2/weights.safetensors": ""], "file:2/weights.safetensors"),
      (["other": 1], "other"), (["config": 1], "config"),
      (["config": #"{"max_batch_size":1}"#], "config"),
      (["config": #"{"dynamic_batching":{"preferred_batch_size":[0]}}"#], "config"),
    ]
    for (change, parameter) in cases {
      let answer = try client.post(
        "/v2/repository/models/model/load", Self.body(good.merging(change) { $1 }))
      #expect(answer.status == 400, "\(parameter)")
      guard case .object(let error) = try Fixtures.json(answer.text) else { continue }
      #expect(error["detail"] == ["parameter": .string(parameter)], "\(answer.text)")
    }
    var alone = good
    alone[weights] = nil
    let missing = try client.post("/v2/repository/models/model/load", Self.body(alone))
    #expect(missing.status == 400 && missing.text.contains("no such file"), "\(missing.text)")
    // As a tree these would take many times the memory of the text.
    let zeros = "[" + repeatElement("0", count: 70_000).joined(separator: ",") + "]"
    for body in [
      Array(zeros.utf8), Self.body(["config": .string("{\"input\":\(zeros)}")]),
    ] {
      let answer = try client.post("/v2/repository/models/model/load", body)
      #expect(answer.status == 400 && answer.text.contains("at most 65536 values"))
    }
    for name in [".hidden", "a%2Fb"] {
      #expect(
        try client.post("/v2/repository/models/\(name)/load", Self.body(good)).status == 404)
    }
    #expect(try Self.factor("model", client) == "2.0")
    await running.stop()
  }
}
