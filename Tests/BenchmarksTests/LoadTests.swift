import Benchmarks
import Layers
import Service
import Testing

struct LoadTests {
  @Test(arguments: [
    ("http://127.0.0.1:8080", "127.0.0.1", 8080), ("http://127.0.0.1:8080/", "127.0.0.1", 8080),
    ("http://10.1.2.3", "10.1.2.3", 80), ("http://localhost:1", "127.0.0.1", 1),
    ("http://[::1]:8080", "::1", 8080), ("http://[::1]", "::1", 80),
  ])
  func `an address is read`(url: String, host: String, port: UInt16) throws {
    #expect(try LoadTarget(url: url) == LoadTarget(host: host, port: port))
  }

  @Test(arguments: [
    "", "127.0.0.1:8080", "https://127.0.0.1", "http://", "http://:80", "http://1.2.3.4:0",
    "http://1.2.3.4:65536", "http://1.2.3.4:+8", "http://1.2.3.4/path", "http://[::1",
    "http://a:b:c",
    "http://[::1]8080", "http://1.2.3.4:",
  ])
  func `another address is refused`(url: String) {
    #expect(throws: BenchmarkError.self) { try LoadTarget(url: url) }
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, false),
    ("HTTP/1.1 503 No\r\ncontent-length: 0\r\nConnection: close\r\n\r\n", 503, true),
    ("HTTP/1.1 204 None\r\n\r\n", 204, false),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n"
        + "Trailer: x\r\n\r\n", 200, false
    ),
  ])
  func `an answer ends with its last byte, however it is divided`(
    text: String, status: Int, closes: Bool
  ) throws {
    let bytes = Array(text.utf8)
    for split in 1..<bytes.count {
      var frame = AnswerFrame()
      try frame.take(bytes[..<split])
      #expect(!frame.isComplete)
      try frame.take(bytes[split...])
      #expect(frame.isComplete)
      #expect(frame.status == status)
      #expect(frame.closesConnection == closes)
      #expect(throws: BenchmarkError.self) { try frame.take([65]) }
    }
  }

  @Test(arguments: [
    "HTTP/1.0 200 OK\r\n\r\n", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
  ])
  func `what is no answer is refused`(text: String) {
    var frame = AnswerFrame()
    #expect(throws: BenchmarkError.self) { try frame.take(Array(text.utf8)[...]) }
  }

  @Test func `tallies of connections add up`() {
    var first = LoadTally()
    for milliseconds in 1...99 {
      first.add(status: 200, nanoseconds: Int64(milliseconds) * 1_000_000)
    }
    var second = LoadTally()
    second.add(status: 200, nanoseconds: 100_000_000)
    second.add(status: 503, nanoseconds: 1)
    second.addFailure()
    let result = LoadResult(
      tallies: [first, second], seconds: 2, rate: nil, serverProcessorSeconds: 0.0101)
    #expect(result.statuses == [200: 100, 503: 1])
    #expect(result.throughput == 50)
    #expect(result.failureCount == 1)
    #expect(result.latency.map { abs($0.median - 0.0505) < 1e-12 } == true)
    #expect(result.serverMicrosecondsPerAnswer.map { abs($0 - 100) < 1e-9 } == true)
    #expect(result.csv.split(separator: "\n").map { $0.split(separator: ",").count } == [10, 9])
    guard case .object(let members) = result.json else {
      Issue.record("no object")
      return
    }
    #expect(members["rate"] == .null)
    #expect(members["unanswered"] == 1)
  }

  @Test(arguments: [nil, 200.0])
  func `a service in this process answers every request`(rate: Double?) async throws {
    let server = try InProcessServer([.threads: "1"], processorCount: 1)
    var benchmark = LoadBenchmark(
      target: server.target, request: LoadRequest(method: "GET", path: "/health/live"))
    benchmark.connectionCount = 2
    benchmark.seconds = 0.1
    benchmark.rate = rate
    benchmark.isServerInProcess = true
    let result = try benchmark.run()
    #expect(result.failureCount == 0)
    #expect(Array(result.statuses.keys) == [200])
    #expect((result.serverMicrosecondsPerAnswer ?? 0) > 0)
    if rate != nil { #expect(result.answerCount == 20) }
    await server.stop()
  }
}
