/// What the fields of a request mean for its framing and its connection, and which combinations
/// are refused because two recipients could read them differently.
enum HTTPHeadRules {
  /// The head of a request whose lines are all there.
  ///
  /// - Throws: why the request is refused.
  static func makeHead(
    _ line: RequestLineParser, _ headers: HTTPHeaders
  ) throws(HTTPRefusal) -> HTTPRequestHead {
    var lengths: [String] = []
    var codings: [String] = []
    var hosts: [String] = []
    var expectations: [String] = []
    var connection: [String] = []
    for field in headers.fields {
      switch field.name.utf8.count {
      case 4 where HTTPHeaders.isSame(field.name, "host"): hosts.append(field.value)
      case 6 where HTTPHeaders.isSame(field.name, "expect"): expectations.append(field.value)
      case 10 where HTTPHeaders.isSame(field.name, "connection"): connection.append(field.value)
      case 14 where HTTPHeaders.isSame(field.name, "content-length"): lengths.append(field.value)
      case 17 where HTTPHeaders.isSame(field.name, "transfer-encoding"): codings.append(field.value)
      default: break
      }
    }
    try checkHost(hosts, minorVersion: line.minorVersion)
    let framing = try framing(lengths, codings, minorVersion: line.minorVersion)
    let expectsContinue = try expectsContinue(expectations, minorVersion: line.minorVersion)
    return HTTPRequestHead(
      method: line.method, target: line.target, minorVersion: line.minorVersion,
      headers: headers, framing: framing,
      expectsContinue: expectsContinue && framing != .none && framing != .length(0),
      keepsAlive: keepsAlive(connection, minorVersion: line.minorVersion))
  }

  /// RFC 9112, section 3.2: exactly one Host, valid; HTTP/1.0 may have none.
  private static func checkHost(_ hosts: [String], minorVersion: Int) throws(HTTPRefusal) {
    guard hosts.count <= 1 else { throw .severalHosts }
    guard let host = hosts.first else {
      guard minorVersion == 0 else { throw .missingHost }
      return
    }
    guard HostField.isValid(host) else { throw .invalidHost(found: host) }
  }

  /// RFC 9112, sections 6.1 to 6.3.
  private static func framing(
    _ lengths: [String], _ codings: [String], minorVersion: Int
  ) throws(HTTPRefusal) -> HTTPRequestHead.Framing {
    if !codings.isEmpty {
      guard lengths.isEmpty else { throw .lengthAndTransferEncoding }
      guard minorVersion > 0 else { throw .transferEncodingInHTTP10 }
      try checkTransferEncoding(codings)
      return .chunked
    }
    guard let text = lengths.first else { return .none }
    guard lengths.count == 1 else { throw .severalContentLengths }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      throw .invalidContentLength(found: text)
    }
    // A length beyond all integers is a valid one, of a body beyond all limits (RFC 9110, 8.6).
    return .length(Int(text) ?? .max)
  }

  private static func checkTransferEncoding(_ values: [String]) throws(HTTPRefusal) {
    let found = values.joined(separator: ", ")
    var members: [Substring] = []
    for value in values {
      for member in value.split(separator: ",", omittingEmptySubsequences: false) {
        members.append(member.trimmingOptionalWhitespace)
      }
    }
    let isChunked = members.map { HTTPHeaders.isSame(String($0), "chunked") }
    // Chunked that is absent, repeated or not last leaves the end of the body unknown.
    guard isChunked.last == true, isChunked.count(where: { $0 }) == 1 else {
      throw .invalidTransferEncoding(found: found)
    }
    guard members.count == 1 else {
      for member in members where member.isEmpty {
        throw .invalidTransferEncoding(found: found)
      }
      throw .unsupportedTransferCoding(found: found)
    }
  }

  /// RFC 9110, section 10.1.1; HTTP/1.0 has no expectations.
  private static func expectsContinue(
    _ expectations: [String], minorVersion: Int
  ) throws(HTTPRefusal) -> Bool {
    guard minorVersion > 0, let first = expectations.first else { return false }
    for expectation in expectations where !HTTPHeaders.isSame(expectation, "100-continue") {
      throw .expectationFailed(found: expectation)
    }
    return !first.isEmpty
  }

  /// RFC 9112, section 9.3.
  private static func keepsAlive(_ connection: [String], minorVersion: Int) -> Bool {
    guard !connection.isEmpty else { return minorVersion > 0 }
    let options = connection.flatMap { value in
      value.split(separator: ",").map { String($0.trimmingOptionalWhitespace) }
    }
    if options.contains(where: { HTTPHeaders.isSame($0, "close") }) { return false }
    return minorVersion > 0 || options.contains { HTTPHeaders.isSame($0, "keep-alive") }
  }
}
