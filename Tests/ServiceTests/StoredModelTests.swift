import HTTPServer
import Layers
import Models
import TestModels
import Testing

@testable import Service

/// The models that the project keeps beside the built-in one, served as a repository.
@Suite struct StoredModelTests {
  private static let repository = "\(Fixtures.directory)/../../deploy/models"

  @Test func `both models answer clouds, and say of their layers what inspect says`() async throws {
    let running = try RunningService([.modelRepository: Self.repository])
    let frame = try FileSystem.contents(
      of: "\(Fixtures.directory)/models/range-image-points.npy", maximumByteCount: 1 << 20)
    let classes = try FileSystem.contents(
      of: "\(Fixtures.directory)/models/range-image-classes.npy", maximumByteCount: 1 << 20)
    // The header of this NPY file takes 128 bytes.
    let expected = classes.dropFirst(128).map { "\($0)" }.joined(separator: ",")
    let image = try running.client.post(
      "/v2/models/range-image/segment", frame, ["Content-Type": "application/x-npy"])
    #expect(image.status == 200)
    #expect(image.text.contains("\"labels\":[\(expected)]"), "\(image.text.prefix(300))")

    let tile = try FileSystem.contents(
      of: "\(Self.repository)/../samples/tile.las", maximumByteCount: 1 << 20)
    let groups = try running.client.post(
      "/v2/models/cluster/segment", tile, ["Content-Type": "application/vnd.las"])
    #expect(groups.status == 200)
    #expect(groups.text.contains("mostly buildings"), "\(groups.text.prefix(300))")

    for name in ["cluster", "range-image"] {
      let directory = try ModelDirectory("\(Self.repository)/\(name)")
      let model = try LoadedModel(
        from: directory.source, name: directory.name, version: directory.version)
      let layers = try running.client.get("/v2/models/\(name)/layers")
      #expect(layers.status == 200)
      #expect(try Fixtures.json(layers.text) == model.report().json)
    }
    await running.stop()
  }

  @Test func `classification names the classes of the scores, and of no other output`() async throws
  {
    let running = try RunningService([.modelRepository: Self.repository])
    let body = """
      {"inputs":[{"name":"F","shape":[1,9],"datatype":"FP32","data":[0,0,0,0,0,0,0,0,0]}],\
      "outputs":[{"name":"groups","parameters":{"classification":8}},\
      {"name":"embedding","parameters":{"classification":2}}]}
      """
    let answer = try running.client.post("/v2/models/cluster/infer", Array(body.utf8))
    #expect(answer.status == 200, "\(answer.text)")
    guard case .object(let members) = try Fixtures.json(answer.text),
      case .array(let outputs)? = members["outputs"], outputs.count == 2
    else {
      Issue.record("\(answer.text)")
      return
    }
    for (output, channels, hasNames) in [(outputs[0], 8, true), (outputs[1], 2, false)] {
      guard case .object(let output) = output, case .array(let values)? = output["data"] else {
        Issue.record("\(output)")
        continue
      }
      #expect(output["datatype"] == "BYTES" && output["shape"] == [1, .integer(channels)])
      for value in values {
        guard case .string(let text) = value else { continue }
        #expect(text.split(separator: ":").count == (hasNames ? 3 : 2), "\(text)")
      }
    }
    await running.stop()
  }
}
