import Logging
import Testing

@testable import HTTPServer
@testable import Service

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct LogTests {
  /// A pipe's descriptors, closed at the end.
  private final class Pipe {
    let reading: Int32
    let writing: Int32

    init() {
      var ends: [Int32] = [-1, -1]
      // The array has room for both.
      let code = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
      precondition(code == 0, "a pipe")
      (reading, writing) = (ends[0], ends[1])
    }

    deinit {
      close(reading)
      close(writing)
    }

    /// Reads until so many bytes are here.
    func read(byteCount: Int) -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while bytes.count < byteCount {
        // The pointer and the count are those of the array.
        let count = unsafe buffer.withUnsafeMutableBytes {
          #if canImport(Glibc)
            unsafe Glibc.read(reading, $0.baseAddress, $0.count)
          #else
            unsafe Darwin.read(reading, $0.baseAddress, $0.count)
          #endif
        }
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private static let record = HTTPRequestRecord(
    id: "5c0e", method: .post,
    target: HTTPTarget(
      rawPath: "/v2/models/a\"b/segment", query: "confidence=true",
      segments: ["v2", "models", "a\"b", "segment"], authority: nil),
    headers: ["Traceparent": "00-1-2-01"],
    remoteAddress: SocketAddress(host: "::1", port: 4711), route: "/v2/models/{model}/segment",
    status: .ok, requestByteCount: 120, responseByteCount: 34, duration: .microseconds(1250),
    outcome: .cancelled(.clientGone),
    attachment: AccessDetail(
      points: 7, timing: ServerTiming([("queue", .milliseconds(2)), ("decode", .microseconds(5))])))

  /// 29 February 2024, 23:59:07.045.
  private static let time = 1_709_251_147_045

  /// The access line of the record behind another line.
  private static func accessLine(_ format: LineLogHandler.Format) throws -> String {
    let sink = try LogSink(descriptor: -1)
    defer { sink.finish() }
    var bytes = Array("before\n".utf8)
    AccessLog(label: "pointserve", format: format, sink: sink)
      .append(record, time: time, to: &bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("before\n"))
    return String(text.dropFirst(7))
  }

  @Test func `an access line names everything in order`() throws {
    let line = try Self.accessLine(.text)
    #expect(
      line == """
        2024-02-29T23:59:07.045Z info request cancelled=clientGone client=[::1]:4711 method=POST \
        milliseconds=1.25 request_bytes=120 request_id=5c0e response_bytes=34 \
        route=/v2/models/{model}/segment status=200 \
        target="/v2/models/a\\"b/segment?confidence=true" traceparent=00-1-2-01 points=7 \
        queue_milliseconds=2.0 decode_milliseconds=0.005

        """)
  }

  @Test func `an access line as JSON holds the same`() throws {
    let line = try Self.accessLine(.json)
    #expect(
      line == """
        {"time":"2024-02-29T23:59:07.045Z","level":"info","logger":"pointserve",\
        "message":"request","cancelled":"clientGone","client":"[::1]:4711","method":"POST",\
        "milliseconds":"1.25","request_bytes":"120","request_id":"5c0e","response_bytes":"34",\
        "route":"/v2/models/{model}/segment","status":"200",\
        "target":"/v2/models/a\\"b/segment?confidence=true","traceparent":"00-1-2-01",\
        "points":"7","queue_milliseconds":"2.0","decode_milliseconds":"0.005"}

        """)
  }

  @Test func `a line of the logger has its fields in order`() throws {
    let pipe = Pipe()
    let sink = try LogSink(descriptor: pipe.writing)
    let log = Logger(label: "test") {
      LineLogHandler(label: $0, level: .info, format: .text, sink: sink)
    }
    log.debug("hidden")
    log.warning("model refused", metadata: ["reason": "two words", "model": "demo", "empty": ""])
    sink.finish()
    let expected = #" warning model refused empty="" model=demo reason="two words""# + "\n"
    let text = pipe.read(byteCount: 24 + expected.utf8.count)
    #expect(text.hasSuffix(expected))
    #expect(text.utf8.count == 24 + expected.utf8.count)
  }

  @Test func `lines are written whole and in order`() throws {
    let pipe = Pipe()
    let sink = try LogSink(descriptor: pipe.writing)
    let lines = (0..<1000).map { "line \($0)" }
    for line in lines { sink.write(line) }
    sink.finish()
    let expected = lines.map { $0 + "\n" }.joined()
    #expect(pipe.read(byteCount: expected.utf8.count) == expected)
    #expect(sink.droppedCount == 0)
  }

  @Test func `a reader who does not read costs lines and nobody's time`() throws {
    let pipe = Pipe()
    let sink = try LogSink(descriptor: pipe.writing)
    let line = String(repeating: "x", count: 1 << 20)
    // More than the pipe and the sink hold together.
    for _ in 0..<8 { sink.write(line) }
    #expect(sink.droppedCount == 5)
    // The writer ends once it is read from.
    let kept = 8 - sink.droppedCount
    _ = pipe.read(byteCount: kept * (line.utf8.count + 1))
  }
}
