import HTTPServer
import Testing

@testable import Service

/// The routes of the inference protocol beside inference itself, as its clients call them.
@Suite struct ProtocolTests {
  @Test func `the log settings are those in force and change them`() async throws {
    let running = try RunningService()
    let client = running.client
    let before = try client.get("/v2/logging").text
    for key in ["log_file", "log_info", "log_warning", "log_error", "log_verbose_level"] {
      #expect(before.contains("\"\(key)\":"), "\(before)")
    }
    let quiet = try client.post("/v2/logging", Array(#"{"log_info":false}"#.utf8))
    #expect(quiet.status == 200 && quiet.text.contains(#""log_info":false"#), "\(quiet.text)")
    let verbose = try client.post("/v2/logging", Array(#"{"log_verbose_level":1}"#.utf8))
    #expect(verbose.text.contains(#""log_info":true"#), "\(verbose.text)")
    for (body, status) in [
      (#"{"log_infos":true}"#, 400), (#"{"log_info":1}"#, 400), ("[]", 400), ("{", 400),
      (#"{"log_file":"a"}"#, 501), (#"{"log_file":""}"#, 200), ("", 200),
    ] {
      #expect(try client.post("/v2/logging", Array(body.utf8)).status == status, "\(body)")
    }
    await running.stop()
  }

  @Test func `trace settings say that tracing is off`() async throws {
    let running = try RunningService()
    let client = running.client
    for path in ["/v2/trace/setting", "/v2/models/demo/trace/setting"] {
      for answer in [
        try client.get(path), try client.post(path, Array(#"{"trace_level":["TIMESTAMPS"]}"#.utf8)),
      ] {
        #expect(answer.status == 200 && answer.text.contains(#""trace_level":["OFF"]"#), "\(path)")
      }
    }
    #expect(try client.get("/v2/models/none/trace/setting").status == 404)
    await running.stop()
  }

  @Test(arguments: ["/v2/systemsharedmemory", "/v2/cudasharedmemory"])
  func `no shared memory is registered, and none can be`(path: String) async throws {
    let running = try RunningService()
    let client = running.client
    #expect(try client.get(path + "/status").text == "[]")
    #expect(try client.get(path + "/region/a/status").text == "[]")
    for end in ["/region/a/register", "/region/a/unregister", "/unregister"] {
      let answer = try client.post(path + end, Array("{}".utf8))
      #expect(answer.status == 501 && answer.text.hasPrefix(#"{"error":"#), "\(answer.text)")
      #expect(answer.headers["Content-Type"] == "application/json")
    }
    await running.stop()
  }

  @Test func `statistics have every key, with the bytes of the weights`() async throws {
    let running = try RunningService()
    let text = try running.client.get("/v2/models/demo/stats").text
    for key in [
      "success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit",
      "cache_miss", "last_inference", "inference_count", "execution_count", "batch_stats",
      "response_stats", "byte_size",
    ] {
      #expect(text.contains("\"\(key)\":"), "\(key) in \(text)")
    }
    await running.stop()
  }

  @Test(arguments: [
    (#"{"ready":true}"#, 200), (#"{"ready":null}"#, 200), ("", 200), ("{}", 200), ("[]", 400),
    (#"{"ready":1}"#, 400), ("{", 400),
  ])
  func `the repository index takes an empty body or a filter`(
    body: String, status: Int
  ) async throws {
    let running = try RunningService()
    #expect(
      try running.client.post("/v2/repository/index", Array(body.utf8)).status == status)
    await running.stop()
  }

  @Test(arguments: [
    ("[]", "expected an object"), (#"{"inputs":5}"#, "at inputs: expected an array"),
    (#"{"inputs":[{"name":5}]}"#, "at inputs[0].name: expected a string"),
    (#"{"inputs":[],"parameters":{"binary_data_output":"x"}}"#, "expected true or false"),
    (#"{"inputs":[{"name":"F","shape":["x"]}]}"#, "shape[0]: expected a number"),
    (#"{"inputs":[{"name":null}]}"#, "expected a string, found null"),
  ])
  func `a value of another JSON type is told what belongs there`(
    body: String, message: String
  ) async throws {
    let running = try RunningService()
    let answer = try running.client.post("/v2/models/demo/infer", Array(body.utf8))
    #expect(answer.status == 400 && answer.text.contains(message), "\(answer.text)")
    await running.stop()
  }

  @Test(arguments: [
    ("1", 200), ("2", 404), ("99999999999999999999", 404), ("-1", 400), ("one", 400),
  ])
  func `a version is a whole number of any size`(version: String, status: Int) async throws {
    let running = try RunningService()
    let answer = try running.client.get("/v2/models/demo/versions/\(version)")
    #expect(answer.status == status && (status == 200 || answer.text.contains(version)))
    await running.stop()
  }

  @Test func `a control request of many bytes is refused before it is read as JSON`() async throws {
    let running = try RunningService()
    let body = [UInt8](repeating: 0x20, count: 1 << 20)
    #expect(try running.client.post("/v2/repository/index", body).status == 413)
    await running.stop()
  }

  @Test(arguments: [
    ("1.5", "INT32", "does not fit"), ("1e39", "FP32", "does not fit"),
    ("9223372036854775808", "INT64", "does not fit"), ("NaN", "FP32", "byte "),
  ])
  func `a number that its datatype can't hold is told from malformed JSON`(
    value: String, datatype: String, message: String
  ) async throws {
    let running = try RunningService()
    let body =
      #"{"inputs":[{"name":"F","shape":[1],"datatype":"\#(datatype)","data":[\#(value)]}]}"#
    let answer = try running.client.post("/v2/models/demo/infer", Array(body.utf8))
    #expect(answer.status == 400 && answer.text.contains(message), "\(answer.text)")
    await running.stop()
  }
}
