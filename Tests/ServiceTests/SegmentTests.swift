import HTTPServer
import Layers
import TestModels
import Testing

@testable import Service

/// `POST …/segment` against the running service with the built-in model.
@Suite struct SegmentTests {
  private static let path = "/v2/models/demo/segment"

  /// A patch of sloping ground with a box on it, as CSV; `seed` moves the points a little.
  private static func scene(side: Int = 24, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func noise() -> Double {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 40) / Double(1 << 24) - 0.5
    }
    var text = "x,y,z\n"
    for i in 0..<side {
      for j in 0..<side {
        let x = 500_000 + Double(i) * 0.8 + 0.2 * noise()
        let y = 5_400_000 + Double(j) * 0.8 + 0.2 * noise()
        let isBox = (side / 3..<side / 2).contains(i) && (side / 3..<side / 2).contains(j)
        text += "\(x),\(y),\(100 + 0.05 * Double(i) + 0.03 * noise() + (isBox ? 6 : 0))\n"
      }
    }
    return Array(text.utf8)
  }

  private static let csv: HTTPHeaders = ["Content-Type": "text/csv"]

  /// The part of a JSON answer that does not depend on how long things took.
  private static func labels(_ answer: ServiceClient.Answer) throws -> String {
    #expect(answer.status == 200, "\(answer.text)")
    return String(try #require(answer.text.split(separator: "\"labels\":").last))
  }

  @Test(.timeLimit(.minutes(2)))
  func `lines tell of windows as they join, and the last one is the document`() async throws {
    let running = try RunningService()
    let scene = Self.scene(side: 100)
    let lines: HTTPHeaders = ["Content-Type": "text/csv", "Accept": "application/x-ndjson"]
    let answer = try running.client.post(Self.path, scene, lines)
    #expect(answer.status == 200)
    #expect(answer.headers["Content-Type"] == "application/x-ndjson")
    let parts = try answer.unchunked().split(separator: "\n")
    #expect(parts.count > 2, "\(parts.count)")
    for (index, part) in parts.dropLast().enumerated() {
      #expect(part.hasPrefix("{\"window\":\(index),\"covered_voxel_count\":"))
    }
    let document = try running.client.post(Self.path, scene, Self.csv)
    let labels = try Self.labels(document)
    #expect(parts.last?.hasSuffix("\"labels\":" + labels) == true)
    let again = try running.client.post(Self.path, scene, lines).unchunked()
    #expect(again.split(separator: "\n").dropLast() == parts.dropLast())
    await running.stop()
  }

  @Test func `a cloud that is refused has its status, also where lines are wanted`() async throws {
    let running = try RunningService()
    let answer = try running.client.post(
      Self.path, Array("0,0,nan".utf8),
      ["Content-Type": "text/csv", "Accept": "application/x-ndjson"])
    #expect(answer.status == 422 && answer.headers["Content-Type"] == "application/json")
    await running.stop()
  }

  @Test func `an error after the first line is the last line, with the request's id`() async throws
  {
    // Intensities above 1 overflow FP32; the last of many windows has one.
    var model = TestModel()
    model.input("F", "FP32", [-1, 1])
    model.layer("dense", "Dense", ["units": 2, "use_bias": false], inputs: ["F"])
    model.output("scores", from: "dense")
    model.weight("dense/kernel", [1, 2], [3e38, 1])
    model.extra["segmentation"] = [
      "classes": [
        ["id": 0, "name": "ground", "las_code": 2], ["id": 1, "name": "other", "las_code": 1],
      ],
      "features": ["intensity"], "levels": [["voxel_meters": 1, "neighbors": 1]],
      "window": ["kind": "grid", "extent_meters": 10, "max_points": 1000],
    ]
    let directory = try TemporaryDirectory()
    try directory.write(model)
    let running = try RunningService([.modelRepository: directory.path])
    let rows = (0..<400).map { "\($0),0,0,\($0 == 399 ? 2 : 0)" }.joined(separator: "\n")
    let answer = try running.client.post(
      "/v2/models/model/segment", Array("x,y,z,intensity\n\(rows)\n".utf8),
      [
        "Content-Type": "text/csv", "Accept": "application/x-ndjson", "X-Request-Id": "late",
      ])
    #expect(answer.status == 200)
    #expect(answer.headers["Content-Type"] == "application/x-ndjson")
    // The end is a proper one, so that a client tells this from a broken connection.
    let content = try answer.unchunked()
    #expect(content.hasSuffix("}\n"))
    let lines = content.split(separator: "\n")
    #expect(lines.count > 1)
    for line in lines.dropLast() { #expect(line.hasPrefix("{\"window\":"), "\(line)") }
    let last = try Fixtures.json(String(lines[lines.count - 1]))
    guard case .object(let error) = last else {
      Issue.record("\(last)")
      return
    }
    #expect(error["code"] == "output_not_finite" && error["request_id"] == "late", "\(error)")
    // The lane that failed goes on serving others.
    let next = try running.client.post(
      "/v2/models/model/segment", Array("x,y,z,intensity\n0,0,0,0\n".utf8), Self.csv)
    #expect(next.status == 200, "\(next.text)")
    await running.stop()
  }

  @Test(.timeLimit(.minutes(2)))
  func `an answer is the same bit for bit alone, in company, and on any number of threads`()
    async throws
  {
    let scenes = (1...4).map { Self.scene(seed: UInt64($0)) }
    let path = Self.path + "?probabilities=true&confidence=true"
    var alone: [String] = []
    for threads in ["1", "2"] {
      let running = try RunningService([.threads: threads])
      let answers = try scenes.map { try Self.labels(running.client.post(path, $0, Self.csv)) }
      if alone.isEmpty { alone = answers }
      #expect(answers == alone)
      let client = running.client
      let together = await withTaskGroup(of: (Int, String).self) { group in
        for (index, scene) in scenes.enumerated() {
          group.addTask {
            do {
              return (index, try Self.labels(client.post(path, scene, Self.csv)))
            } catch {
              return (index, "\(error)")
            }
          }
        }
        return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
      }
      for index in scenes.indices { #expect(together[index] == alone[index]) }
      await running.stop()
    }
  }

  @Test func `every point gets a label, in every format of the answer`() async throws {
    let running = try RunningService()
    let scene = Self.scene()
    let json = try running.client.post(Self.path, scene, Self.csv)
    #expect(json.headers["Content-Type"] == "application/json")
    #expect(json.headers["Server-Timing"]?.contains("infer;dur=") == true)
    #expect(json.text.contains("\"point_count\":576"))
    let text = try running.client.post(
      Self.path, scene, ["Content-Type": "text/csv", "Accept": "text/csv"])
    #expect(text.headers["Content-Type"]?.hasPrefix("text/csv") == true)
    #expect(text.text.split(separator: "\n").count == 577)
    let array = try running.client.post(
      Self.path, scene, ["Content-Type": "text/csv", "Accept": "application/x-npy"])
    #expect(Array(array.body.prefix(6)) == [0x93] + Array("NUMPY".utf8))
    for accepted in ["text/csv", "application/x-npy"] {
      let answer = try running.client.post(
        Self.path + "?probabilities=true", scene, ["Content-Type": "text/csv", "Accept": accepted])
      #expect(answer.status == 200 && answer.body.count > 576 * 28, "\(accepted)")
    }
    await running.stop()
  }

  @Test(arguments: [1, 2, 5, 17])
  func `the smallest clouds are labelled too`(count: Int) async throws {
    let running = try RunningService()
    let lines = (0..<count).map { "\($0) 0 0" }.joined(separator: "\n")
    let answer = try running.client.post(
      Self.path, Array(lines.utf8), ["Content-Type": "text/plain"])
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.text.contains("\"point_count\":\(count)"))
    await running.stop()
  }

  @Test func `bad input gets its status and harms nobody`() async throws {
    let running = try RunningService([.maxPoints: "1000", .maxBodyBytes: "64KiB"])
    let scene = Self.scene()
    let good = try Self.labels(running.client.post(Self.path, scene, Self.csv))
    let cases: [(String, String, HTTPHeaders, [UInt8], Int)] = [
      ("unknown model", "/v2/models/none/segment", Self.csv, scene, 404),
      ("unknown version", "/v2/models/demo/versions/9/segment", Self.csv, scene, 404),
      ("malformed version", "/v2/models/demo/versions/x/segment", Self.csv, scene, 400),
      ("unknown label", "/v2/models/demo/labels/stable/segment", Self.csv, scene, 404),
      ("media type", Self.path, ["Content-Type": "image/png"], scene, 415),
      ("unrecognizable content", Self.path, [:], [0, 1, 2, 3], 415),
      ("no body", Self.path, [:], [], 422),
      (
        "accept", Self.path, ["Content-Type": "text/csv", "Accept": "image/png"], scene, 406
      ),
      (
        "no place for probabilities", Self.path + "?probabilities=true",
        ["Content-Type": "text/csv", "Accept": "application/vnd.las"], scene, 406
      ),
      ("query", Self.path + "?confidence=maybe", Self.csv, scene, 400),
      ("unknown query", Self.path + "?confidences=true", Self.csv, scene, 400),
      ("no points", Self.path, Self.csv, Array("x,y,z\n".utf8), 422),
      ("not finite", Self.path, Self.csv, Array("x,y,z\n0,0,inf\n".utf8), 422),
      ("not a number", Self.path, Self.csv, Array("x,y,z\n0,0,zero\n".utf8), 400),
      ("too far apart", Self.path, Self.csv, Array("x,y,z\n0,0,0\n1e38,1e38,1e38\n".utf8), 422),
      ("too many points", Self.path, Self.csv, Self.scene(side: 33), 413),
      ("too many bytes", Self.path, Self.csv, [UInt8](repeating: 32, count: 70_000), 413),
      (
        "truncated LAS", Self.path, ["Content-Type": "application/vnd.las"],
        Array("LASF".utf8) + [UInt8](repeating: 0, count: 96), 400
      ),
      (
        "malformed JSON", Self.path, ["Content-Type": "application/json"],
        Array("{\"points\":[[0,0".utf8), 400
      ),
      (
        "gzip that is none", Self.path,
        ["Content-Type": "text/csv", "Content-Encoding": "gzip"], scene, 400
      ),
    ]
    for (name, path, headers, body, status) in cases {
      let answer = try running.client.post(path, body, headers)
      #expect(answer.status == status, "\(name): \(answer.text)")
      #expect(answer.headers["Content-Type"] == "application/json", "\(name)")
      #expect(answer.text.hasPrefix("{\"error\":\""), "\(name): \(answer.text)")
      #expect(answer.text.contains("\"request_id\":\""), "\(name)")
    }
    #expect(try running.client.get(Self.path).status == 405)
    #expect(try Self.labels(running.client.post(Self.path, scene, Self.csv)) == good)
    await running.stop()
  }

  @Test func `a body of an unknown type is told of the formats that are read`() async throws {
    let running = try RunningService()
    let answer = try running.client.post(Self.path, [1], ["Content-Type": "image/png"])
    #expect(answer.text.contains("LAS (application/vnd.las)"), "\(answer.text)")
    #expect(answer.text.contains("LAZ (application/vnd.laz)"), "\(answer.text)")
    await running.stop()
  }

  @Test func `what does not fit into the queue is told when to come back`() async throws {
    let running = try RunningService([.maxWaitingPoints: "100", .maxPoints: "100"])
    let answer = try running.client.post(Self.path, Self.scene(), Self.csv)
    #expect(answer.status == 413)
    await running.stop()
  }

  @Test func `a deadline that has passed is answered with 504 and nothing is computed`()
    async throws
  {
    let running = try RunningService([.requestTimeout: "0.001"])
    let answer = try running.client.post(Self.path, Self.scene(), Self.csv)
    #expect(answer.status == 504, "\(answer.text)")
    await running.stop()
  }

  @Test func `a request without room is refused by its head and counted`() async throws {
    let running = try RunningService([.maxWaitingBytes: "1000"])
    let fields: HTTPHeaders = ["Content-Length": "1001"]
    let answer = try running.client.send("POST", Self.path, fields)
    #expect(answer.status == 413)
    #expect(answer.text.contains("\"code\":\"too_many_bytes\""))
    let metrics = try running.client.get("/metrics").text
    #expect(metrics.contains("pointserve_rejected_total{reason=\"too_many_bytes\"} 1\n"))
    await running.stop()
  }

  @Test func `draining turns readiness off, keeps liveness, and answers what was accepted`()
    async throws
  {
    let running = try RunningService([.preDrainDelay: "0.2"])
    let client = running.client
    let accepted = Task.detached { try client.post(Self.path, Self.scene(), Self.csv).status }
    async let isComplete = running.service.drain()
    var statuses: Set<Int> = []
    do {
      while !statuses.contains(503) { statuses.insert(try client.get("/health/ready").status) }
      #expect(try client.get("/health/live").status == 200)
    } catch {
      Issue.record("no answer while draining: \(error)")
    }
    #expect(await isComplete)
    #expect(try await accepted.value == 200)
  }
}
