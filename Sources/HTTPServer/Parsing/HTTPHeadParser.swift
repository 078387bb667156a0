/// The request line and the fields of one request, incrementally.
struct HTTPHeadParser: Sendable {
  private let limits: HTTPParserLimits
  private var reader = LineReader()
  private var requestLine: RequestLineParser?
  private var headers = HTTPHeaders()
  private var emptyLineCount = 0
  /// Bytes of field lines so far, line ends included.
  private(set) var fieldByteCount = 0

  init(limits: HTTPParserLimits) { self.limits = limits }

  /// Whether a byte of a request has come; empty lines before it do not count.
  var hasStarted: Bool { requestLine != nil || !reader.isEmpty }

  /// Field lines so far.
  var fieldCount: Int { headers.fields.count }

  /// Reads on.
  ///
  /// - Parameters:
  ///   - input: the bytes at hand.
  ///   - offset: where to read on; moved behind what is taken.
  /// - Returns: the head when it is complete, nil when it needs more bytes.
  /// - Throws: why the request is refused.
  mutating func next(
    _ input: borrowing Span<UInt8>, at offset: inout Int
  ) throws(HTTPRefusal) -> HTTPRequestHead? {
    while offset < input.count {
      if reader.isEmpty {
        try checkFirstByte(input[offset])
      }
      let outcome = try reader.next(input, at: &offset, limit: lineLimit)
      switch outcome {
      case .needsMore: return nil
      case .tooLong: throw tooLong
      case .inInput(let range):
        if let head = try takeLine(input.extracting(range)) { return head }
      case .inPartial:
        let line = reader.partial
        reader.clear()
        if let head = try takeLine(line.span) { return head }
      }
    }
    return nil
  }

  /// Refuses a stranger's protocol and a folded line at once instead of waiting for the line's end.
  private func checkFirstByte(_ byte: UInt8) throws(HTTPRefusal) {
    if requestLine == nil {
      guard ByteSet.token.contains(byte) || byte == 0x0D || byte == 0x0A else {
        throw .malformedRequestLine(reason: "the method is not a token")
      }
    } else if byte == 0x20 || byte == 0x09 {
      throw .foldedField
    }
  }

  private var lineLimit: Int {
    requestLine == nil
      ? HTTPParserLimits.methodByteCount + limits.targetByteCount + 10
      : limits.headerByteCount - fieldByteCount
  }

  private var tooLong: HTTPRefusal {
    requestLine == nil
      ? .targetTooLong(limit: limits.targetByteCount)
      : .headerTooLarge(limit: limits.headerByteCount)
  }

  private mutating func takeLine(
    _ line: borrowing Span<UInt8>
  ) throws(HTTPRefusal) -> HTTPRequestHead? {
    guard let requestLine else {
      if line.count == 0 {
        emptyLineCount += 1
        guard emptyLineCount <= HTTPParserLimits.leadingEmptyLineCount else {
          throw .malformedRequestLine(reason: "empty lines before it")
        }
      } else {
        requestLine = try RequestLineParser(line, limits: limits)
      }
      return nil
    }
    if line.count == 0 { return try HTTPHeadRules.makeHead(requestLine, headers) }
    fieldByteCount += line.count + 2
    guard fieldByteCount <= limits.headerByteCount else {
      throw .headerTooLarge(limit: limits.headerByteCount)
    }
    guard headers.fields.count < limits.fieldCount else {
      throw .tooManyFields(limit: limits.fieldCount)
    }
    let field = try FieldParser.parse(line)
    headers.add(field.name, field.value)
    return nil
  }
}
