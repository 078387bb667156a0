/// The content codings this server knows (RFC 9110, section 8.4.1).
package enum ContentCoding: String, Sendable, Equatable {
  /// RFC 1952.
  case gzip
  /// The zlib format of RFC 1950, not bare deflate data.
  case deflate

  /// Most codings of one body: a body coded again and again multiplies the work of undoing it.
  static let maximumCount = 3

  /// The codings of a body in the order they were applied, `identity` left out.
  ///
  /// - Parameter headers: those of the request.
  /// - Returns: the codings.
  /// - Throws: ``HTTPRefusal/unsupportedContentCoding(found:)``.
  static func list(_ headers: HTTPHeaders) throws(HTTPRefusal) -> [ContentCoding] {
    var codings: [ContentCoding] = []
    for name in headers.list("Content-Encoding") where !HTTPHeaders.isSame(name, "identity") {
      let isGzip = HTTPHeaders.isSame(name, "gzip") || HTTPHeaders.isSame(name, "x-gzip")
      guard isGzip || HTTPHeaders.isSame(name, "deflate"), codings.count < maximumCount else {
        throw .unsupportedContentCoding(
          found: headers.values(of: "Content-Encoding").joined(separator: ", "))
      }
      codings.append(isGzip ? .gzip : .deflate)
    }
    return codings
  }

  /// The window of zlib's interface: 15 bits, and 16 more for the gzip format.
  var windowBits: Int32 {
    switch self {
    case .gzip: 31
    case .deflate: 15
    }
  }
}
