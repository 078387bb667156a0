/// How far an HTTP/1.1 answer has arrived (RFC 9112, sections 6 and 7): enough for a client that
/// counts answers and reads none.
package struct AnswerFrame: Sendable {
  package private(set) var status: Int?
  /// Whether the last byte has arrived.
  package private(set) var isComplete = false
  /// Whether the server closes the connection behind this answer.
  package private(set) var closesConnection = false

  private var head: [UInt8] = []
  private var length: Length?

  private enum Length {
    case bytes(Int)
    case chunked(Chunks)
  }

  private struct Chunks {
    var line: [UInt8] = []
    var remaining = 0
    var isTrailer = false
  }

  private static let headLimit = 1 << 16

  package init() {}

  /// Takes bytes in any portions; one answer and nothing behind it.
  ///
  /// - Throws: `BenchmarkError.failed` for what is no such answer.
  package mutating func take(_ bytes: ArraySlice<UInt8>) throws(BenchmarkError) {
    var bytes = bytes
    while length == nil, let byte = bytes.popFirst() {
      head.append(byte)
      guard head.count <= Self.headLimit else { throw .failed(reason: "the head is too long") }
      if head.suffix(4) == [13, 10, 13, 10] { try parseHead() }
    }
    switch length {
    case .bytes(let remaining):
      guard bytes.count <= remaining else { throw .failed(reason: "bytes follow the answer") }
      length = .bytes(remaining - bytes.count)
      isComplete = bytes.count == remaining
    case .chunked(var chunks):
      try take(&bytes, &chunks)
      length = .chunked(chunks)
    case nil: break
    }
  }

  private mutating func take(
    _ bytes: inout ArraySlice<UInt8>, _ chunks: inout Chunks
  ) throws(BenchmarkError) {
    while !bytes.isEmpty {
      guard !isComplete else { throw .failed(reason: "bytes follow the answer") }
      if chunks.remaining > 0 {
        let count = min(chunks.remaining, bytes.count)
        bytes.removeFirst(count)
        chunks.remaining -= count
        continue
      }
      let byte = bytes.removeFirst()
      guard byte == 10 else {
        chunks.line.append(byte)
        continue
      }
      let line = String(decoding: chunks.line.filter { $0 != 13 }, as: UTF8.self)
      chunks.line = []
      if chunks.isTrailer {
        isComplete = line.isEmpty
      } else {
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16), (0...1 << 40).contains(size)
        else { throw .failed(reason: "a chunk has no size") }
        // A line end follows the data of a chunk.
        if size == 0 { chunks.isTrailer = true } else { chunks.remaining = size + 2 }
      }
    }
  }

  private mutating func parseHead() throws(BenchmarkError) {
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    guard let line = lines.first, line.hasPrefix("HTTP/1.1 "),
      let status = Int(line.dropFirst("HTTP/1.1 ".count).prefix(3)), (200...599).contains(status)
    else { throw .failed(reason: "the answer has no status") }
    self.status = status
    var byteCount: Int?
    var isChunked = false
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].filter { $0 != " " }.lowercased()
      switch line[..<colon].lowercased() {
      case "content-length": byteCount = Int(value)
      case "transfer-encoding": isChunked = value == "chunked"
      case "connection": closesConnection = value.contains("close")
      default: break
      }
    }
    if isChunked {
      length = .chunked(Chunks())
    } else if status == 204 || status == 304 {
      length = .bytes(0)
    } else if let byteCount, byteCount >= 0 {
      length = .bytes(byteCount)
    } else {
      throw .failed(reason: "the answer has no length")
    }
  }
}
