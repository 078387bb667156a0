/// The four forms of a request target (RFC 9112, section 3.2).
enum TargetParser {
  /// Parses the target in a range of the request line.
  ///
  /// - Throws: ``HTTPRefusal/invalidTarget(reason:)``.
  static func parse(
    _ line: borrowing Span<UInt8>, _ range: Range<Int>, method: HTTPMethod
  ) throws(HTTPRefusal) -> HTTPTarget {
    let start = range.lowerBound
    if method == .connect {
      // Only CONNECT has the authority form (section 3.2.3).
      let authority = line.text(range)
      guard HostField.isValid(authority), authority.utf8.contains(UInt8(ascii: ":")) else {
        throw .invalidTarget(reason: "CONNECT takes host:port")
      }
      return HTTPTarget(rawPath: "", query: nil, segments: [], authority: authority)
    }
    switch line[start] {
    case UInt8(ascii: "/"):
      return try parseOrigin(line, range, authority: nil)
    case UInt8(ascii: "*") where range.count == 1:
      guard method == .options else {
        throw .invalidTarget(reason: "only OPTIONS takes *")
      }
      return HTTPTarget(rawPath: "*", query: nil, segments: [], authority: nil)
    default:
      return try parseAbsolute(line, range, method: method)
    }
  }

  /// `scheme://authority/path?query` (section 3.2.2).
  private static func parseAbsolute(
    _ line: borrowing Span<UInt8>, _ range: Range<Int>, method: HTTPMethod
  ) throws(HTTPRefusal) -> HTTPTarget {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":"), in: range),
      range.upperBound - colon >= 3, line[colon + 1] == UInt8(ascii: "/"),
      line[colon + 2] == UInt8(ascii: "/")
    else { throw .invalidTarget(reason: "it is neither a path nor a URL") }
    let scheme = line.text(range.lowerBound..<colon)
    guard HTTPHeaders.isSame(scheme, "http") || HTTPHeaders.isSame(scheme, "https") else {
      throw .invalidTarget(reason: "the scheme is not http or https")
    }
    var end = colon + 3
    while end < range.upperBound, line[end] != UInt8(ascii: "/"), line[end] != UInt8(ascii: "?") {
      end += 1
    }
    let authority = line.text(colon + 3..<end)
    guard !authority.isEmpty, HostField.isValid(authority) else {
      throw .invalidTarget(reason: "the URL's host is malformed")
    }
    if end == range.upperBound {
      // OPTIONS of a whole server, passed on by a proxy (section 3.2.4), or an empty path.
      let isServer = method == .options
      return HTTPTarget(
        rawPath: isServer ? "*" : "/", query: nil, segments: isServer ? [] : [""],
        authority: authority)
    }
    return try parseOrigin(line, end..<range.upperBound, authority: authority)
  }

  /// `/path?query`; the path may be empty where an authority precedes it.
  private static func parseOrigin(
    _ line: borrowing Span<UInt8>, _ range: Range<Int>, authority: String?
  ) throws(HTTPRefusal) -> HTTPTarget {
    let pathEnd = line.firstIndex(of: UInt8(ascii: "?"), in: range) ?? range.upperBound
    var hasEscapes = false
    for index in range.lowerBound..<pathEnd {
      guard ByteSet.path.contains(line[index]) else {
        throw .invalidTarget(reason: "the path has a character that must be percent-encoded")
      }
      if line[index] == UInt8(ascii: "%") { hasEscapes = true }
    }
    var query: String?
    if pathEnd < range.upperBound {
      for index in pathEnd + 1..<range.upperBound where !ByteSet.query.contains(line[index]) {
        throw .invalidTarget(reason: "the query has a character that must be percent-encoded")
      }
      query = line.text(pathEnd + 1..<range.upperBound)
    }
    let rawPath = pathEnd == range.lowerBound ? "/" : line.text(range.lowerBound..<pathEnd)
    var segments: [String] = []
    var start = min(range.lowerBound + 1, pathEnd)
    while start <= pathEnd {
      let end = line.firstIndex(of: UInt8(ascii: "/"), in: start..<pathEnd) ?? pathEnd
      segments.append(try segment(line.text(start..<end), hasEscapes: hasEscapes))
      start = end + 1
    }
    return HTTPTarget(rawPath: rawPath, query: query, segments: segments, authority: authority)
  }

  private static func segment(
    _ text: String, hasEscapes: Bool
  ) throws(HTTPRefusal) -> String {
    guard hasEscapes else { return text }
    guard let decoded = PercentEncoding.decode(text[...].utf8, plusIsSpace: false) else {
      throw .invalidTarget(reason: "the path has a malformed percent escape")
    }
    return decoded
  }
}
