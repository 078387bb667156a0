import GoldenFiles
import HTTPServer
import Layers
import Models
import TestModels
import Testing

@testable import Service

/// `POST …/infer` against the running service, with every golden case as a model of its own.
@Suite struct InferTests {
  private static let layerCases = GoldenFile.names(
    "kpconv", "strided_kpconv", "hourglass", "orthonorm", "local_conv2d", "features_", "e2e_")

  @Test(.timeLimit(.minutes(2)))
  func `every golden case gives its golden output through the protocol`() async throws {
    #expect(Self.layerCases.count == 53)
    let directory = try TemporaryDirectory()
    var goldens: [String: GoldenModel] = [:]
    for name in Self.layerCases {
      let golden = try GoldenModel(case: name)
      goldens[name] = golden
      try directory.write(golden.model, name: name)
    }
    let running = try RunningService([.modelRepository: directory.path])
    for (name, golden) in goldens.sorted(by: { $0.key < $1.key }) {
      let answer = try running.client.post("/v2/models/\(name)/infer", golden.inferBody())
      #expect(answer.status == 200, "\(name): \(answer.text)")
      guard answer.status == 200 else { continue }
      let output = try FirstOutput(answer.text)
      let file = try GoldenFile(name)
      let key =
        name.hasPrefix("orthonorm")
        ? "expected.inference"
        : name.hasPrefix("e2e") ? "expected.probabilities" : "expected.output"
      let expected = try file.tensor(key)
      #expect(output.shape == expected.shape, "\(name)")
      let tolerance = try file.tolerance(for: name.hasPrefix("orthonorm") ? "inference" : nil)
      let disagreement = tolerance.disagreement(output.data, expected.floats)
      #expect(disagreement == nil, "\(name): \(disagreement ?? "")")
      #expect(answer.text.contains("\"id\":\"7\""))
    }
    await running.stop()
  }

  @Test func `a binary answer holds the same values as a JSON answer`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2))
    let running = try RunningService([.modelRepository: directory.path])
    let json = Array(
      """
      {"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32",\
      "parameters":{"binary_data_size":8}}],\
      "outputs":[{"name":"y","parameters":{"binary_data":true}}]}
      """.utf8)
    let binary: [UInt8] = [0, 0, 128, 63, 0, 0, 0, 64]
    let answer = try running.client.post(
      "/v2/models/model/infer", json + binary,
      ["Inference-Header-Content-Length": "\(json.count)"])
    #expect(answer.status == 200, "\(answer.text)")
    let length = try #require(answer.headers["Inference-Header-Content-Length"].flatMap { Int($0) })
    #expect(Array(answer.body.dropFirst(length)) == [0, 0, 0, 64, 0, 0, 128, 64])
    await running.stop()
  }

  @Test func `tensors that the model does not take are refused by name`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2))
    let running = try RunningService([.modelRepository: directory.path])
    let input = { (rest: String) in "{\"inputs\":[{\"name\":\"x\",\(rest)}]}" }
    let cases: [(String, Int, String)] = [
      ("{", 400, "decoded"),
      ("{\"inputs\":[]}", 400, "input x is missing"),
      (
        "{\"inputs\":[{\"name\":\"z\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}", 400, "z"
      ),
      (input("\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1]"), 400, "2 elements"),
      (input("\"shape\":[1,-2],\"datatype\":\"FP32\",\"data\":[1]"), 400, "shape"),
      (
        input("\"shape\":[9223372036854775807,9],\"datatype\":\"FP32\",\"data\":[1]"), 400, "shape"
      ),
      (input("\"shape\":[1,2],\"datatype\":\"FP32\""), 400, "no data"),
      (input("\"shape\":[1,2],\"datatype\":\"INT32\",\"data\":[1,2]"), 400, "expected datatype"),
      (input("\"shape\":[1,2],\"datatype\":\"FP16\",\"data\":[1,2]"), 400, "binary"),
      (input("\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]"), 422, "shape"),
      (input("\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1e39,2]"), 400, "decoded"),
      (input("\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[[[[[[[[[1,2]]]]]]]]]"), 400, "deep"),
    ]
    for (body, status, message) in cases {
      let answer = try running.client.post("/v2/models/model/infer", Array(body.utf8))
      #expect(answer.status == status, "\(body): \(answer.text)")
      #expect(answer.text.contains(message), "\(body): \(answer.text)")
    }
    let nested = try running.client.post(
      "/v2/models/model/infer",
      Array(input("\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[[1,2],[3,4]]").utf8))
    #expect(nested.text.contains("[2.0,4.0,6.0,8.0]"), "\(nested.text)")
    await running.stop()
  }

  @Test func `a model that was unloaded on request does not make the service unready`()
    async throws
  {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2), name: "kept")
    try directory.write(TestModel.scaling(by: 3), name: "unloaded")
    let running = try RunningService([.modelRepository: directory.path])
    let path = "/v2/repository/models/unloaded/"
    #expect(try running.client.post(path + "unload", []).status == 200)
    #expect(try running.client.get("/v2/models/unloaded/ready").status == 503)
    #expect(try running.client.get("/v2/health/ready").status == 200)
    #expect(try running.client.post(path + "load", []).status == 200)
    #expect(try running.client.get("/v2/models/unloaded/ready").status == 200)
    await running.stop()
  }

  @Test func `a bad model is refused with its reason while the others are served`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2), name: "good")
    var bad = TestModel.scaling(by: 2)
    bad.weight("dense/kernel", [2, 3], [0, 0, 0, 0, 0, 0])
    try directory.write(bad, name: "bad")
    let running = try RunningService(
      [.modelRepository: directory.path], isReadyExpected: false)
    let ready = try running.client.get("/health/ready")
    #expect(ready.status == 503 && ready.text.contains("kernel"), "\(ready.text)")
    let index = try running.client.post("/v2/repository/index", [])
    #expect(index.text.contains("UNAVAILABLE") && index.text.contains("READY"), "\(index.text)")
    let body = Array(
      "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}".utf8)
    #expect(try running.client.post("/v2/models/good/infer", body).status == 200)
    #expect(try running.client.post("/v2/models/bad/infer", body).status == 503)
    await running.stop()
  }
}
