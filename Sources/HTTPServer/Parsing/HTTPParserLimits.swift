/// The most a request header may hold.
package struct HTTPParserLimits: Sendable, Equatable {
  /// Bytes of the request target; more is 414.
  package var targetByteCount = 8192
  /// Bytes of all field lines with their line ends, trailers included; more is 431.
  package var headerByteCount = 32768
  /// Field lines, trailers included; more is 431.
  package var fieldCount = 100
  /// Bytes of all chunk extensions of one body; more is 400.
  package var chunkExtensionByteCount = 4096

  /// Bytes of a method's name; no registered one has more than 17.
  static let methodByteCount = 32
  /// Empty lines before a request line, which RFC 9112, section 2.2, asks to ignore.
  static let leadingEmptyLineCount = 4

  package init() {}
}
