/// The variable length record that says how the points of a LAZ file are compressed, checked against
/// the header.
struct LASzipRecord: Sendable {
  static let userID = "laszip encoded"
  static let recordID = 22204

  /// How the fields of points are arranged in a chunk.
  enum Arrangement: UInt16, Sendable {
    /// Point by point, in point formats 0 to 5.
    case pointwise = 2
    /// A stream for each field, in point formats 6 to 10.
    case layered = 3
  }

  let arrangement: Arrangement
  /// Points of a chunk but the last, `nil` where each chunk has its own number.
  let chunkPointCount: Int?

  private static let headLength = 34
  private static let itemLength = 6
  private static let variableChunkPointCount = UInt32.max

  /// A group of fields.
  private struct Item: Equatable {
    let type: UInt16
    let length: UInt16
    let version: UInt16
  }

  /// Throws `CloudError.malformed`, and `.unsupported` for old versions and waveforms.
  init(_ bytes: [UInt8], _ payload: Range<Int>, _ header: LASHeader) throws(CloudError) {
    let start = payload.lowerBound
    guard payload.count >= Self.headLength else {
      throw LAZChunk.malformed(
        start, "record of LASzip", "at least \(Self.headLength) bytes", "\(payload.count)")
    }
    let compressor = bytes.integer(UInt16.self, at: start)
    guard let arrangement = Arrangement(rawValue: compressor) else {
      throw .unsupported(format: "LAZ", reason: "compressor \(compressor); 2 and 3 can be read")
    }
    let coder = bytes.integer(UInt16.self, at: start + 2)
    guard coder == 0 else {
      throw .unsupported(format: "LAZ", reason: "coder \(coder); 0, arithmetic, can be read")
    }
    self.arrangement = arrangement
    let pointCount = bytes.integer(UInt32.self, at: start + 12)
    guard pointCount > 0 else {
      throw LAZChunk.malformed(start + 12, "points of a chunk", "at least 1", "0")
    }
    chunkPointCount =
      pointCount == Self.variableChunkPointCount ? nil : Int(pointCount)
    let itemCount = Int(bytes.integer(UInt16.self, at: start + 32))
    guard payload.count - Self.headLength >= itemCount * Self.itemLength else {
      throw LAZChunk.malformed(
        start + 32, "items of LASzip",
        "at most \((payload.count - Self.headLength) / Self.itemLength)", "\(itemCount)")
    }
    let items = (0..<itemCount).map { number in
      let place = start + Self.headLength + number * Self.itemLength
      return Item(
        type: bytes.integer(UInt16.self, at: place),
        length: bytes.integer(UInt16.self, at: place + 2),
        version: bytes.integer(UInt16.self, at: place + 4))
    }
    guard let expected = Self.items(header, arrangement) else {
      throw .unsupported(
        format: "LAZ",
        reason: "point format \(header.layout.format); 0 to 3 and 6 to 8 can be read")
    }
    guard items != expected else { return }
    guard items.map(\.type) == expected.map(\.type), items.map(\.length) == expected.map(\.length)
    else {
      throw LAZChunk.malformed(
        start + 32, "items of LASzip", Self.text(expected), Self.text(items))
    }
    throw .unsupported(
      format: "LAZ",
      reason: "versions \(items.map { "\($0.version)" }.joined(separator: ", ")) of its items; "
        + "\(expected.map { "\($0.version)" }.joined(separator: ", ")) can be read")
  }

  /// The items that a point format is made of, `nil` where not all of them can be read.
  private static func items(_ header: LASHeader, _ arrangement: Arrangement) -> [Item]? {
    let format = header.layout.format
    let extra = UInt16(header.recordLength - header.layout.baseLength)
    var items: [Item]
    switch (arrangement, format) {
    case (.pointwise, 0...3):
      items = [Item(type: 6, length: 20, version: 2)]
      if format == 1 || format == 3 { items.append(Item(type: 7, length: 8, version: 2)) }
      if format >= 2 { items.append(Item(type: 8, length: 6, version: 2)) }
      if extra > 0 { items.append(Item(type: 0, length: extra, version: 2)) }
    case (.layered, 6...8):
      items = [Item(type: 10, length: 30, version: 3)]
      if format == 7 { items.append(Item(type: 11, length: 6, version: 3)) }
      if format == 8 { items.append(Item(type: 12, length: 8, version: 3)) }
      if extra > 0 { items.append(Item(type: 14, length: extra, version: 3)) }
    default: return nil
    }
    return items
  }

  private static func text(_ items: [Item]) -> String {
    items.map { "type \($0.type) of \($0.length) bytes" }.joined(separator: ", ")
  }
}
