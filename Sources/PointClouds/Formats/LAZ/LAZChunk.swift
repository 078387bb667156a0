/// A part of a LAZ file that can be decompressed without the others.
struct LAZChunk: Sendable {
  let pointCount: Int
  /// Where it is within the file.
  let bytes: Range<Int>

  /// Where the first chunk may start, from the start of the point data: behind the table's offset.
  private static let tableOffsetLength = 8
  private static let tableHeadLength = 8

  /// The chunks of a file, by its table of them.
  ///
  /// Throws `CloudError.malformed` where the table is not there or contradicts the file.
  static func all(
    _ file: [UInt8], _ header: LASHeader, _ record: LASzipRecord
  ) throws(CloudError) -> [LAZChunk] {
    guard header.pointCount > 0 else { return [] }
    let table = try tableOffset(file, header)
    let count = Int(file.integer(UInt32.self, at: table + 4))
    // A chunk holds a point at least, which is stored as it is.
    let first = header.pointDataOffset + tableOffsetLength
    let highestCount = min(header.pointCount, (table - first) / header.recordLength)
    let expected = record.chunkPointCount.map { (header.pointCount - 1) / $0 + 1 }
    guard count <= highestCount, count == expected ?? count else {
      throw malformed(
        table + 4, "number of chunks", expected.map { "\($0)" } ?? "at most \(highestCount)",
        "\(count)")
    }
    var layout = ModelLayout()
    let model = layout.integer(bits: 32, contexts: 2)
    var words = layout.words()
    var wordSpan = words.mutableSpan
    var decoder = ArithmeticDecoder(file.span, table + tableHeadLength..<file.count)
    var chunks: [LAZChunk] = []
    var position = first
    var pointCount = 0
    var (lastPointCount, lastLength): (Int32, Int32) = (0, 0)
    for number in 0..<count {
      var chunkPointCount = min(record.chunkPointCount ?? 0, header.pointCount - pointCount)
      if record.chunkPointCount == nil {
        lastPointCount = decoder.integer(model, near: lastPointCount, &wordSpan, file.span).value
        chunkPointCount = Int(UInt32(bitPattern: lastPointCount))
      }
      lastLength =
        decoder.integer(
          model, near: lastLength, context: 1, &wordSpan, file.span
        ).value
      let length = Int(UInt32(bitPattern: lastLength))
      guard !decoder.isBroken else {
        throw malformed(table, "table of chunks", "\(count) chunks", "\(number) at its end")
      }
      guard (1...header.pointCount - pointCount).contains(chunkPointCount) else {
        throw malformed(
          table, number, "1 to \(header.pointCount - pointCount) points", "\(chunkPointCount)")
      }
      guard length >= header.recordLength, length <= table - position else {
        throw malformed(
          table, number, "\(header.recordLength) to \(table - position) bytes", "\(length)")
      }
      chunks.append(LAZChunk(pointCount: chunkPointCount, bytes: position..<position + length))
      position += length
      pointCount += chunkPointCount
      guard pointCount < header.pointCount || number == count - 1 else {
        throw malformed(
          table, number + 1, "no chunk behind \(pointCount) points", "\(count) chunks")
      }
    }
    guard pointCount == header.pointCount else {
      throw malformed(table, "table of chunks", "\(header.pointCount) points", "\(pointCount)")
    }
    return chunks
  }

  /// Groups of chunks, each long enough to be a task of its own.
  static func groups(_ chunks: [LAZChunk]) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var (start, pointCount) = (0, 0)
    for (number, chunk) in chunks.enumerated() {
      pointCount += chunk.pointCount
      if pointCount >= taskPointCount || number == chunks.count - 1 {
        groups.append(start..<number + 1)
        (start, pointCount) = (number + 1, 0)
      }
    }
    return groups
  }

  /// Points that take some milliseconds.
  private static let taskPointCount = 25_000

  /// The offset of the table, which a writer that could not go back has put at the end of the file.
  private static func tableOffset(
    _ file: [UInt8], _ header: LASHeader
  ) throws(CloudError) -> Int {
    let start = header.pointDataOffset
    guard file.count - start >= tableOffsetLength + tableHeadLength else {
      throw malformed(
        start, "point data", "\(tableOffsetLength + tableHeadLength) bytes at least",
        "\(file.count - start)")
    }
    var place = start
    if file.integer(Int64.self, at: place) <= Int64(start) { place = file.count - 8 }
    let offset = file.integer(Int64.self, at: place)
    let lowest = start + tableOffsetLength
    let highest = file.count - tableHeadLength
    guard lowest <= highest, (Int64(lowest)...Int64(highest)).contains(offset) else {
      throw malformed(place, "offset to table of chunks", "\(lowest) to \(highest)", "\(offset)")
    }
    let version = file.integer(UInt32.self, at: Int(offset))
    guard version == 0 else {
      throw malformed(Int(offset), "version of table of chunks", "0", "\(version)")
    }
    return Int(offset)
  }

  static func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: "LAZ", at: .byte(offset), field: field, expected: expected, found: found)
  }

  static func malformed(
    _ offset: Int, _ chunk: Int, _ expected: String, _ found: String
  ) -> CloudError {
    malformed(offset, "chunk \(chunk)", expected, found)
  }
}
