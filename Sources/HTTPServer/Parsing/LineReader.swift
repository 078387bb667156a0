/// Collects one line at a time out of pieces of any size and refuses what no line may contain.
///
/// A line ends in CR LF; RFC 9112, section 2.2, lets a server take a bare LF as well, which is
/// how one message becomes two behind a proxy that does not, so this one refuses it. What is
/// refused does not depend on how the bytes were cut.
struct LineReader: Sendable {
  /// What is known of the next line.
  enum Outcome {
    /// The line has not ended; all input is taken.
    case needsMore
    /// The line lies in `range` of the input, without its CR LF.
    case inInput(Range<Int>)
    /// The line came in several pieces; take it from ``partial``.
    case inPartial
    /// The line is longer than the limit.
    case tooLong
  }

  /// The start of a line whose end has not come.
  private(set) var partial: [UInt8] = []
  private var endsInReturn = false

  /// Whether a line has begun.
  var isEmpty: Bool { partial.isEmpty && !endsInReturn }

  /// Forgets the line that was in ``partial``.
  mutating func clear() { partial = [] }

  /// Reads on to the end of the line.
  ///
  /// - Parameters:
  ///   - input: the bytes at hand.
  ///   - offset: where to read on; moved behind what is taken.
  ///   - limit: most bytes of a line, without its CR LF.
  /// - Returns: the line, or why there is none yet.
  /// - Throws: the refusal of a control character or of a bare CR or LF.
  mutating func next(
    _ input: borrowing Span<UInt8>, at offset: inout Int, limit: Int
  ) throws(HTTPRefusal) -> Outcome {
    let start = offset
    var index = offset
    while index < input.count {
      let byte = input[index]
      index += 1
      if endsInReturn {
        guard byte == 0x0A else { throw .bareCarriageReturn }
        endsInReturn = false
        offset = index
        // The CR may have been the last byte of the piece before this one.
        let end = max(start, index - 2)
        if partial.isEmpty { return .inInput(start..<end) }
        append(input, start..<end)
        return .inPartial
      }
      if byte >= 0x20 && byte != 0x7F || byte == 0x09 {
        guard partial.count + (index - start) <= limit else { return .tooLong }
        continue
      }
      switch byte {
      case 0x0D: endsInReturn = true
      case 0x0A: throw .bareLineFeed
      default: throw .controlCharacter(byte: byte)
      }
    }
    append(input, start..<(endsInReturn ? max(start, index - 1) : index))
    offset = index
    return .needsMore
  }

  private mutating func append(_ input: borrowing Span<UInt8>, _ range: Range<Int>) {
    for index in range { partial.append(input[index]) }
  }
}
