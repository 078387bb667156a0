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
}
