/// Bytes that wait for the client to take them, in pieces that are never copied together.
struct OutputQueue {
  private var pieces: [[UInt8]] = []
  /// The first piece that is not sent in full, and how much of it is.
  private var firstIndex = 0
  private var firstOffset = 0
  /// Bytes that wait.
  private(set) var byteCount = 0

  var isEmpty: Bool { byteCount == 0 }

  /// Appends a piece.
  mutating func append(_ piece: [UInt8]) {
    guard !piece.isEmpty else { return }
    pieces.append(piece)
    byteCount += piece.count
  }

  /// Sends what the transport takes.
  ///
  /// - Returns: how many bytes went out, and whether the connection failed.
  mutating func send(through transport: any Transport) -> (byteCount: Int, failed: Bool) {
    var sent = 0
    while firstIndex < pieces.count {
      let first = pieces[firstIndex]
      let second = firstIndex + 1 < pieces.count ? pieces[firstIndex + 1] : []
      let outcome = transport.send(
        first.span.extracting(firstOffset..<first.count), second.span)
      switch outcome {
      case .bytes(let count):
        sent += count
        advance(count)
      case .wouldBlock: return (sent, false)
      case .end, .failed: return (sent, true)
      }
    }
    // Room for a few pieces is kept for the next answer.
    pieces.removeAll(keepingCapacity: pieces.count <= 4)
    firstIndex = 0
    return (sent, false)
  }

  private mutating func advance(_ count: Int) {
    byteCount -= count
    firstOffset += count
    while firstIndex < pieces.count, firstOffset >= pieces[firstIndex].count {
      firstOffset -= pieces[firstIndex].count
      // What is sent is released at once.
      pieces[firstIndex] = []
      firstIndex += 1
    }
  }
}
