/// One connection's requests out of its bytes, in pieces of any size.
///
/// Pure: it knows neither sockets nor clocks. Each step has three outcomes: nil (more bytes are
/// needed), an event, or the refusal it throws. After a refusal the parser is done for: where
/// a next request would start is unknown.
package struct HTTPRequestParser: Sendable {
  /// What came next.
  package enum Event: Sendable {
    /// The head is complete.
    ///
    /// Set ``bodyLimit`` before the next step; the body follows, also when it is empty.
    case head(HTTPRequestHead)
    /// The request is complete.
    case body([UInt8])
  }

  private enum Phase {
    case head(HTTPHeadParser)
    case length(remaining: Int)
    case chunked(ChunkedDecoder)
  }

  private let limits: HTTPParserLimits
  private var phase: Phase
  private var body: [UInt8] = []

  /// Most bytes of the body of the request at hand.
  package var bodyLimit = 0
  /// Reads the body without keeping it.
  package var discardsBody = false
  /// Bytes of body content so far, kept or not.
  package private(set) var bodyByteCount = 0

  package init(limits: HTTPParserLimits) {
    self.limits = limits
    phase = .head(HTTPHeadParser(limits: limits))
  }

  /// Where the parser stands.
  package enum Position: Sendable, Equatable { case betweenRequests, inHead, inBody }

  /// Where the parser stands.
  package var position: Position {
    guard case .head(let parser) = phase else { return .inBody }
    return parser.hasStarted ? .inHead : .betweenRequests
  }

  /// Bytes of memory the body at hand occupies.
  package var reservedByteCount: Int { body.capacity }

  /// Reads on.
  ///
  /// - Parameters:
  ///   - input: the bytes at hand.
  ///   - offset: where to read on; moved behind what is taken. All input is taken when nil returns.
  /// - Returns: the next event, or nil when it needs more bytes.
  /// - Throws: why the request is refused.
  package mutating func next(
    _ input: borrowing Span<UInt8>, at offset: inout Int
  ) throws(HTTPRefusal) -> Event? {
    switch phase {
    case .head(var parser):
      // Emptied for the time of the call, so that the parser's storage has one owner.
      phase = .length(remaining: 0)
      let head = try parser.next(input, at: &offset)
      guard let head else {
        phase = .head(parser)
        return nil
      }
      begin(head.framing, after: parser)
      return .head(head)
    case .length(let remaining):
      guard bodyByteCount + remaining <= bodyLimit || remaining == 0 else {
        throw .bodyTooLarge(limit: bodyLimit)
      }
      let count = min(remaining, input.count - offset)
      keep(input, offset..<offset + count, expected: bodyByteCount + remaining)
      offset += count
      guard count == remaining else {
        phase = .length(remaining: remaining - count)
        return nil
      }
      return finish()
    case .chunked(var decoder):
      phase = .length(remaining: 0)
      while let event = try decoder.next(input, at: &offset) {
        switch event {
        case .content(let range):
          guard range.count + decoder.announcedByteCount <= bodyLimit - bodyByteCount else {
            throw .bodyTooLarge(limit: bodyLimit)
          }
          keep(input, range, expected: 0)
        case .end: return finish()
        }
      }
      // A size line is enough to know.
      guard decoder.announcedByteCount <= bodyLimit - bodyByteCount else {
        throw .bodyTooLarge(limit: bodyLimit)
      }
      phase = .chunked(decoder)
      return nil
    }
  }

  private mutating func begin(_ framing: HTTPRequestHead.Framing, after head: HTTPHeadParser) {
    bodyByteCount = 0
    discardsBody = false
    switch framing {
    case .none: phase = .length(remaining: 0)
    // Saturated so that sums with the bytes already read cannot overflow.
    case .length(let count): phase = .length(remaining: min(count, Int.max / 2))
    case .chunked:
      phase = .chunked(
        ChunkedDecoder(
          limits: limits, fieldByteCount: head.fieldByteCount, fieldCount: head.fieldCount))
    }
  }

  private mutating func finish() -> Event {
    let content = body
    body = []
    phase = .head(HTTPHeadParser(limits: limits))
    return .body(content)
  }

  /// Bytes a client must have sent before memory for all it announced is set aside.
  private static let trustedByteCount = 1 << 20

  private mutating func keep(_ input: borrowing Span<UInt8>, _ range: Range<Int>, expected: Int) {
    bodyByteCount += range.count
    guard !discardsBody, !range.isEmpty else { return }
    if expected > body.capacity {
      if expected <= 1 << 16 || bodyByteCount >= Self.trustedByteCount {
        body.reserveCapacity(expected)
      }
    }
    // `range` lies within the input, whose lifetime spans the call.
    unsafe input.extracting(range).withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
  }
}
