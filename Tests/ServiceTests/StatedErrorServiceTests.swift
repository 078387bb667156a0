import FoundationEssentials
import GoldenFiles
import Layers
import Models
import Service
import TestModels
import Testing

/// The cases of `errors.json` as clients meet them: a model that is refused when it is loaded, or a
/// request that is refused, while everything else is served.
@Suite struct StatedErrorServiceTests {
  private struct Case: Decodable {
    let layer: String
    let `case`: String
  }

  @Test(.timeLimit(.minutes(2)))
  func `every case of the list is answered over HTTP, and harms no other model`() async throws {
    let file = GoldenFile.directory.appending(path: "errors.json")
    let stated = try JSONDecoder().decode([Case].self, from: try Data(contentsOf: file))
      .map { "\($0.layer): \($0.case)" }
    let meetings = try StatedErrorMeeting.all()
    #expect(Set(stated) == Set(meetings.keys))
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 2), name: "bystander")
    let named = meetings.sorted { $0.key < $1.key }
      .flatMap { text, list in list.map { (text, $0) } }
      .enumerated().map { index, pair in (name: "case\(index)", text: pair.0, meeting: pair.1) }
    for (name, _, meeting) in named { try Self.write(meeting, name, into: directory) }
    let running = try RunningService(
      [.modelRepository: directory.path], isReadyExpected: false)
    let input = #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#
    let undisturbed = try running.client.post(
      "/v2/models/bystander/infer", Array(input.utf8))
    #expect(undisturbed.status == 200)
    for (name, text, meeting) in named {
      try Self.check(meeting, name, text, running.client)
      let answer = try running.client.post("/v2/models/bystander/infer", Array(input.utf8))
      #expect(answer.body == undisturbed.body, "after \(text)")
    }
    await running.stop()
  }

  private static func write(
    _ meeting: StatedErrorMeeting, _ name: String, into directory: TemporaryDirectory
  ) throws {
    switch meeting {
    case .refusedModel(let model, _): try directory.write(model, name: name)
    case .refusedRequest(let golden, _, _, _), .answered(let golden, _, _):
      try directory.write(golden.model, name: name)
    case .wideWeights(let golden):
      try directory.write(golden.model, name: name)
      try directory.write(golden.model, name: "\(name)-wide")
      try directory.write(
        widened(golden.model.weights), to: "\(name)-wide/1/weights.safetensors")
    case .unreachable: break
    }
  }

  private static func check(
    _ meeting: StatedErrorMeeting, _ name: String, _ text: String, _ client: ServiceClient
  ) throws {
    let infer = "/v2/models/\(name)/infer"
    switch meeting {
    case .refusedModel(_, let parts):
      for path in ["/v2/repository/models/\(name)/load", infer] {
        let answer = try client.post(path, Array("{}".utf8))
        #expect(answer.status == 503, "\(text): \(answer.text)")
        let sentence = try Self.sentence(answer.text)
        for part in parts { #expect(sentence.contains(part), "\(text): \(sentence)") }
      }
    case .refusedRequest(let golden, let body, let status, let parts):
      let answer = try client.post(infer, body)
      #expect(answer.status == status, "\(text): \(answer.text)")
      let sentence = try Self.sentence(answer.text)
      for part in parts { #expect(sentence.contains(part), "\(text): \(sentence)") }
      #expect(try client.post(infer, golden.inferBody()).status == 200, "\(text)")
    case .answered(_, let body, let shape):
      let answer = try client.post(infer, body)
      #expect(answer.status == 200, "\(text): \(answer.text)")
      #expect(try FirstOutput(answer.text).shape == shape, "\(text)")
    case .wideWeights(let golden):
      let body = golden.inferBody()
      let wide = try client.post("/v2/models/\(name)-wide/infer", body)
      #expect(wide.status == 200, "\(text): \(wide.text)")
      #expect(
        try FirstOutput(wide.text) == FirstOutput(try client.post(infer, body).text), "\(text)")
    case .unreachable: break
    }
  }

  /// The `error` of an answer.
  private static func sentence(_ text: String) throws -> String {
    guard case .object(let members) = try JSONReader.read(text.utf8),
      case .string(let sentence)? = members["error"]
    else { throw GoldenError("no error in \(text.prefix(200))") }
    return sentence
  }

  /// The file of the same weights with elements of 64 bits.
  private static func widened(_ weights: [String: HostTensor]) -> [UInt8] {
    var header: [String: ConfigValue] = [:]
    var data: [UInt8] = []
    for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
      let start = data.count
      for value in tensor.floats {
        let bits = Double(value).bitPattern
        data += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
      }
      header[name] = [
        "dtype": "F64", "shape": .array(tensor.shape.map { .integer($0) }),
        "data_offsets": [.integer(start), .integer(data.count)],
      ]
    }
    let text = JSONWriter.write(.object(header))
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
  }
}
