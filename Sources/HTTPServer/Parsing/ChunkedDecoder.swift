/// The chunked transfer coding (RFC 9112, section 7.1), incrementally.
///
/// Extensions are checked and ignored; trailer fields are checked and dropped, as section 7.1.2
/// allows a recipient that knows no trailer field.
struct ChunkedDecoder: Sendable {
  /// What came next.
  enum Event {
    /// Content lies in `range` of the input.
    case content(Range<Int>)
    /// The body and its trailer section are complete.
    case end
  }

  private enum Phase {
    case size
    case content(remaining: Int)
    case contentEnd
    case trailers
    case complete
  }

  private let limits: HTTPParserLimits
  private var phase = Phase.size
  private var reader = LineReader()
  private var extensionByteCount = 0
  private var fieldByteCount: Int
  private var fieldCount: Int

  /// A decoder for the body behind a header.
  ///
  /// - Parameters:
  ///   - limits: those of the whole request.
  ///   - fieldByteCount: bytes of the header's fields, which the trailers add to.
  ///   - fieldCount: how many fields the header has.
  init(limits: HTTPParserLimits, fieldByteCount: Int, fieldCount: Int) {
    self.limits = limits
    self.fieldByteCount = fieldByteCount
    self.fieldCount = fieldCount
  }

  /// Bytes of the present chunk's content that are still to come.
  var announcedByteCount: Int {
    guard case .content(let remaining) = phase else { return 0 }
    return remaining
  }

  /// Reads on.
  ///
  /// - Parameters:
  ///   - input: the bytes at hand.
  ///   - offset: where to read on; moved behind what is taken.
  /// - Returns: nil when more bytes are needed.
  /// - Throws: why the body is refused.
  mutating func next(
    _ input: borrowing Span<UInt8>, at offset: inout Int
  ) throws(HTTPRefusal) -> Event? {
    while offset < input.count {
      switch phase {
      case .content(let remaining):
        let end = offset + min(remaining, input.count - offset)
        let range = offset..<end
        offset = end
        phase =
          range.count == remaining ? .contentEnd : .content(remaining: remaining - range.count)
        return .content(range)
      case .complete:
        return .end
      case .size, .contentEnd, .trailers:
        guard try readLine(input, at: &offset) else { return nil }
        if case .complete = phase { return .end }
      }
    }
    return nil
  }

  /// Reads one line of the framing; false when it is not complete.
  private mutating func readLine(
    _ input: borrowing Span<UInt8>, at offset: inout Int
  ) throws(HTTPRefusal) -> Bool {
    if case .trailers = phase, reader.isEmpty, input[offset] == 0x20 || input[offset] == 0x09 {
      throw .foldedField
    }
    let outcome = try reader.next(input, at: &offset, limit: lineLimit)
    switch outcome {
    case .needsMore: return false
    case .tooLong: throw tooLong
    case .inInput(let range): try takeLine(input.extracting(range))
    case .inPartial:
      let line = reader.partial
      reader.clear()
      try takeLine(line.span)
    }
    return true
  }

  private var lineLimit: Int {
    switch phase {
    case .contentEnd: 0
    case .trailers: limits.headerByteCount - fieldByteCount
    default: Self.sizeDigitCount + limits.chunkExtensionByteCount - extensionByteCount
    }
  }

  private var tooLong: HTTPRefusal {
    switch phase {
    case .contentEnd: .malformedChunk(reason: "its content is longer than its size")
    case .trailers: .headerTooLarge(limit: limits.headerByteCount)
    default: .malformedChunk(reason: "a size line is too long")
    }
  }

  private mutating func takeLine(_ line: borrowing Span<UInt8>) throws(HTTPRefusal) {
    switch phase {
    case .size:
      let size = try takeSize(line)
      phase = size == 0 ? .trailers : .content(remaining: size)
    case .contentEnd:
      phase = .size
    case .trailers:
      guard line.count > 0 else {
        phase = .complete
        return
      }
      fieldByteCount += line.count + 2
      fieldCount += 1
      guard fieldByteCount <= limits.headerByteCount else {
        throw .headerTooLarge(limit: limits.headerByteCount)
      }
      guard fieldCount <= limits.fieldCount else { throw .tooManyFields(limit: limits.fieldCount) }
      _ = try FieldParser.parse(line)
    case .content, .complete:
      preconditionFailure("no line is read here")
    }
  }

  /// Hexadecimal digits of a size: any 60-bit number, which no addition of sizes overflows.
  private static let sizeDigitCount = 15

  private mutating func takeSize(_ line: borrowing Span<UInt8>) throws(HTTPRefusal) -> Int {
    var size = 0
    var index = 0
    while index < line.count, let digit = PercentEncoding.hexDigitValue(line[index]) {
      guard index < Self.sizeDigitCount else {
        throw .malformedChunk(reason: "a size has more than \(Self.sizeDigitCount) digits")
      }
      size = size << 4 | Int(digit)
      index += 1
    }
    guard index > 0 else { throw .malformedChunk(reason: "a size is not a hexadecimal number") }
    extensionByteCount += line.count - index
    guard extensionByteCount <= limits.chunkExtensionByteCount else {
      throw .malformedChunk(reason: "the extensions are too long")
    }
    try ChunkExtensions.check(line.extracting(index..<line.count))
    return size
  }
}
