/// One field line (RFC 9112, section 5): `name ":" OWS value OWS`.
enum FieldParser {
  /// Parses a line without its CR LF, which the line reader has found free of control characters.
  ///
  /// - Throws: the refusal of line folding, of white space before the colon, or of a name that
  ///   is not a token.
  static func parse(_ line: borrowing Span<UInt8>) throws(HTTPRefusal) -> HTTPHeaders.Field {
    guard line.count > 0, line[0] != 0x20, line[0] != 0x09 else { throw .foldedField }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":"), in: 0..<line.count) else {
      throw .malformedField(reason: "no colon")
    }
    guard colon > 0 else { throw .malformedField(reason: "no name before the colon") }
    guard line[colon - 1] != 0x20, line[colon - 1] != 0x09 else {
      throw .malformedField(reason: "white space before the colon")
    }
    for index in 0..<colon where !ByteSet.token.contains(line[index]) {
      throw .malformedField(reason: "the name is not a token")
    }
    let value = line.trimmed(colon + 1..<line.count)
    return HTTPHeaders.Field(name: line.text(0..<colon), value: line.text(value))
  }
}
