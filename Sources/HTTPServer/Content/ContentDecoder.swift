/// Undoes the content codings of a request body.
enum ContentDecoder {
  /// Bytes by which the output grows at first.
  private static let startByteCount = 64 << 10

  /// The content.
  ///
  /// - Parameters:
  ///   - body: as it came.
  ///   - codings: in the order they were applied.
  ///   - limit: most bytes after each of them, checked while inflating.
  ///   - reserve: is asked before memory grows by so many bytes, and told with a negative number
  ///     when it is free again; false refuses. What the result occupies stays reserved.
  /// - Returns: the content.
  /// - Throws: ``HTTPRefusal/malformedContent(coding:reason:)``,
  ///   ``HTTPRefusal/bodyTooLarge(limit:)`` or ``HTTPRefusal/buffersFull``.
  static func decode(
    _ body: [UInt8], _ codings: [ContentCoding], limit: Int, reserve: (Int) -> Bool
  ) throws(HTTPRefusal) -> [UInt8] {
    var content = body
    var reserved = 0
    for coding in codings.reversed() {
      let result: [UInt8]
      do {
        result = try inflate(content, coding, limit: limit, reserve: reserve)
      } catch {
        _ = reserve(-reserved)
        throw error
      }
      _ = reserve(-reserved)
      content = result
      reserved = content.count
    }
    return content
  }

  private static func inflate(
    _ input: [UInt8], _ coding: ContentCoding, limit: Int, reserve: (Int) -> Bool
  ) throws(HTTPRefusal) -> [UInt8] {
    guard var inflater = Inflater(coding) else { throw .buffersFull }
    var output: [UInt8] = []
    do {
      try inflate(input, coding, &inflater, into: &output, limit: limit, reserve: reserve)
      return output
    } catch {
      _ = reserve(-output.count)
      throw error
    }
  }

  private static func inflate(
    _ input: [UInt8], _ coding: ContentCoding, _ inflater: inout Inflater,
    into output: inout [UInt8], limit: Int, reserve: (Int) -> Bool
  ) throws(HTTPRefusal) {
    var offset = 0
    var filled = 0
    while true {
      if filled == output.count {
        // One byte beyond the limit tells a content at the limit from one above it.
        let target = min(max(startByteCount, filled * 2), limit + 1)
        guard target > filled else { throw .bodyTooLarge(limit: limit) }
        guard reserve(target - filled) else { throw .buffersFull }
        output.append(contentsOf: repeatElement(0, count: target - filled))
      }
      let step = try inflater.step(input, at: &offset, into: &output, filled: &filled)
      guard filled <= limit else { throw .bodyTooLarge(limit: limit) }
      switch step {
      case .more:
        guard offset < input.count || filled == output.count else {
          throw .malformedContent(coding: coding.rawValue, reason: "it ends too early")
        }
      case .end:
        guard offset < input.count else {
          _ = reserve(filled - output.count)
          output.removeLast(output.count - filled)
          return
        }
        // A gzip file may have several members (RFC 1952, section 2.2); anything else behind
        // the end is refused by the next member's header.
        guard coding == .gzip else {
          throw .malformedContent(coding: coding.rawValue, reason: "bytes behind its end")
        }
        inflater.reset()
      }
    }
  }
}
