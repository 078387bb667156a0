/// The request line (RFC 9112, section 3): method, target and version, one space between each.
struct RequestLineParser {
  let method: HTTPMethod
  let target: HTTPTarget
  let minorVersion: Int

  /// Parses a line without its CR LF.
  ///
  /// - Throws: the refusal of a malformed line, an invalid or too long target, or a version
  ///   other than HTTP/1.
  init(_ line: borrowing Span<UInt8>, limits: HTTPParserLimits) throws(HTTPRefusal) {
    let all = 0..<line.count
    guard let methodEnd = line.firstIndex(of: 0x20, in: all) else {
      guard line.count <= HTTPParserLimits.methodByteCount else {
        throw .methodTooLong(limit: HTTPParserLimits.methodByteCount)
      }
      throw .malformedRequestLine(reason: "no space after the method")
    }
    guard methodEnd > 0 else { throw .malformedRequestLine(reason: "no method") }
    for index in 0..<methodEnd where !ByteSet.token.contains(line[index]) {
      throw .malformedRequestLine(reason: "the method is not a token")
    }
    guard methodEnd <= HTTPParserLimits.methodByteCount else {
      throw .methodTooLong(limit: HTTPParserLimits.methodByteCount)
    }
    let targetStart = methodEnd + 1
    guard let targetEnd = line.firstIndex(of: 0x20, in: targetStart..<line.count) else {
      guard line.count - targetStart <= limits.targetByteCount else {
        throw .targetTooLong(limit: limits.targetByteCount)
      }
      throw .malformedRequestLine(reason: "no version")
    }
    guard targetEnd > targetStart else {
      throw .malformedRequestLine(reason: "more than one space after the method")
    }
    guard targetEnd - targetStart <= limits.targetByteCount else {
      throw .targetTooLong(limit: limits.targetByteCount)
    }
    minorVersion = try Self.parseVersion(line, targetEnd + 1..<line.count)
    method = HTTPMethod(rawValue: line.text(0..<methodEnd))
    target = try TargetParser.parse(line, targetStart..<targetEnd, method: method)
  }

  /// `HTTP/` digit `.` digit (RFC 9112, section 2.3).
  private static func parseVersion(
    _ line: borrowing Span<UInt8>, _ range: Range<Int>
  ) throws(HTTPRefusal) -> Int {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let start = range.lowerBound
    // The text as a number, all eight bytes at once.
    var text: UInt64 = 0
    for index in range.prefix(8) { text = text << 8 | UInt64(line[index]) }
    guard range.count == 8, text & 0xFFFF_FFFF_FF00_FF00 == 0x4854_5450_2F00_2E00,
      digits.contains(line[start + 5]), digits.contains(line[start + 7])
    else {
      throw .malformedRequestLine(reason: "the version is not HTTP/1.1 or HTTP/1.0")
    }
    guard line[start + 5] == UInt8(ascii: "1") else {
      throw .unsupportedVersion(found: line.text(range))
    }
    // A later minor version is answered as the highest one known (RFC 9110, section 2.5).
    return line[start + 7] == UInt8(ascii: "0") ? 0 : 1
  }
}
