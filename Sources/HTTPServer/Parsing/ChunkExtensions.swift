/// The syntax of chunk extensions (RFC 9112, section 7.1.1):
/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
enum ChunkExtensions {
  /// Checks everything behind the size in a size line.
  ///
  /// - Throws: ``HTTPRefusal/malformedChunk(reason:)``.
  static func check(_ text: borrowing Span<UInt8>) throws(HTTPRefusal) {
    var index = 0
    while index < text.count {
      skipSpace(text, &index)
      guard index < text.count, text[index] == UInt8(ascii: ";") else {
        throw .malformedChunk(reason: "a size is followed by something else than an extension")
      }
      index += 1
      skipSpace(text, &index)
      guard skipToken(text, &index) else {
        throw .malformedChunk(reason: "an extension has no name")
      }
      // White space is part of an extension only where something follows it.
      var ahead = index
      skipSpace(text, &ahead)
      guard ahead < text.count else {
        guard ahead == index else {
          throw .malformedChunk(reason: "white space at the end of a size line")
        }
        return
      }
      guard text[ahead] == UInt8(ascii: "=") else { continue }
      index = ahead + 1
      skipSpace(text, &index)
      guard try skipQuoted(text, &index) || skipToken(text, &index) else {
        throw .malformedChunk(reason: "an extension has no value")
      }
    }
  }

  private static func skipSpace(_ text: borrowing Span<UInt8>, _ index: inout Int) {
    while index < text.count, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
  }

  private static func skipToken(_ text: borrowing Span<UInt8>, _ index: inout Int) -> Bool {
    let start = index
    while index < text.count, ByteSet.token.contains(text[index]) { index += 1 }
    return index > start
  }

  private static func skipQuoted(
    _ text: borrowing Span<UInt8>, _ index: inout Int
  ) throws(HTTPRefusal) -> Bool {
    guard index < text.count, text[index] == UInt8(ascii: "\"") else { return false }
    index += 1
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\") { index += 1 }
    }
    throw .malformedChunk(reason: "a quoted extension value does not end")
  }
}
