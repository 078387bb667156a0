/// The header of a PCD file ("The PCD (Point Cloud Data) file format" of the Point Cloud Library,
/// version 0.7), checked.
struct PCDHeader: Sendable {
  /// How the points behind the header are written.
  enum Storage: String, Sendable, CaseIterable {
    case ascii, binary
    /// All values of a field one after the other, by LZF.
    case compressed = "binary_compressed"
  }

  /// A dimension of the points.
  struct Field: Sendable {
    let name: String
    let type: ScalarType
    /// The number of values that a point has of it.
    let count: Int

    var byteCount: Int { type.byteCount * count }
  }

  let fields: [Field]
  let pointCount: Int
  let storage: Storage
  /// The offset of the line that names the storage, the last one of the header.
  let storageOffset: Int
  /// The offset of the first byte behind the header.
  let dataOffset: Int
  /// Where the lines that list something for each field end, in their order.
  private let listEnds: [(keyword: String, end: Int)]

  /// Lines longer than this are no header, and no point has more values.
  private static let longestLine = 4096

  /// Whether bytes begin as a PCD file does.
  static func isPresent(in bytes: [UInt8]) -> Bool {
    ["# .PCD", "# .pcd", "VERSION ", "FIELDS "].contains { bytes.starts(with: $0.utf8) }
  }

  /// Throws `CloudError.malformed`.
  init(_ bytes: [UInt8]) throws(CloudError) {
    var lines: [String: Line] = [:]
    var position = 0
    repeat {
      let start = position
      guard let line = Self.line(bytes, at: &position) else {
        throw Self.malformed(start, "header", "a line \"DATA\"", "the end of the file")
      }
      guard let keyword = line.words.first, !keyword.hasPrefix("#") else { continue }
      guard Self.keywords.contains(keyword), lines[keyword] == nil else {
        throw Self.malformed(
          start, "keyword", "\(Self.keywords.joined(separator: ", ")), each once",
          "\(keyword.prefix(40))")
      }
      lines[keyword] = line
    } while lines["DATA"] == nil
    dataOffset = position
    fields = try Self.fields(lines, end: position)
    pointCount = try Self.pointCount(lines, end: position)
    (storage, storageOffset) = try Self.storage(lines, end: position)
    listEnds = ["FIELDS", "SIZE", "TYPE", "COUNT"].compactMap { keyword in
      lines[keyword].map { (keyword, $0.end) }
    }.sorted { $0.1 < $1.1 }
  }

  /// The bytes of the header up to the line that names the storage, with more fields.
  ///
  /// The fields to add hold one uint8 or float32.
  func bytes(
    in bytes: [UInt8], adding fields: [(name: String, type: ScalarType)]
  ) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    for (keyword, end) in listEnds {
      result += bytes[position..<end]
      position = end
      for (name, type) in fields {
        switch keyword {
        case "FIELDS": result += " \(name)".utf8
        case "SIZE": result += " \(type.byteCount)".utf8
        case "TYPE": result += (type == .float32 ? " F" : " U").utf8
        default: result += " 1".utf8
        }
      }
    }
    return result + bytes[position..<storageOffset]
  }

  static func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: "PCD", at: .byte(offset), field: field, expected: expected, found: found)
  }

  private static let keywords = [
    "VERSION", "FIELDS", "SIZE", "TYPE", "COUNT", "WIDTH", "HEIGHT", "VIEWPOINT", "POINTS", "DATA",
  ]

  /// A line of the header.
  private struct Line {
    let start: Int
    /// The offset behind the last word.
    let end: Int
    let words: [String]
    var values: ArraySlice<String> { words.dropFirst() }
  }

  /// The line at a position, which moves to the next line; `nil` without a line feed.
  private static func line(_ bytes: [UInt8], at position: inout Int) -> Line? {
    let start = position
    let line = bytes[start...].prefix(longestLine)
    guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    position = end + 1
    let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
    let content = DelimitedLine.trimmed(bytes, start..<(hasReturn ? end - 1 : end))
    let words = bytes[content].split { DelimitedLine.isBlank($0) }
      .map { String(decoding: $0, as: UTF8.self) }
    return Line(start: start, end: content.upperBound, words: words)
  }

  private static func required(
    _ keyword: String, _ lines: [String: Line], end: Int
  ) throws(CloudError) -> Line {
    guard let line = lines[keyword] else {
      throw malformed(end, "header", "a line \"\(keyword)\"", "none")
    }
    return line
  }

  private static func fields(
    _ lines: [String: Line], end: Int
  ) throws(CloudError) -> [Field] {
    let names = try required("FIELDS", lines, end: end)
    let sizes = try required("SIZE", lines, end: end)
    let types = try required("TYPE", lines, end: end)
    let counts = lines["COUNT"]
    for line in [sizes, types, counts].compactMap(\.self)
    where line.values.count != names.values.count {
      throw malformed(
        line.start, line.words[0], "\(names.values.count) values, one for each field",
        "\(line.values.count)")
    }
    var fields: [Field] = []
    var valueCount = 0
    for number in names.words.indices.dropFirst() {
      let name = names.words[number]
      guard let type = scalar(types.words[number], size: sizes.words[number]) else {
        throw malformed(
          types.start, "type and size of \(name)", "I or U of 1, 2, 4 or 8 bytes, or F of 4 or 8",
          "\(types.words[number]) of \(sizes.words[number])")
      }
      let word = counts?.words[number] ?? "1"
      guard let count = UInt16(word), count > 0, valueCount + Int(count) <= longestLine else {
        throw malformed(
          counts?.start ?? end, "count of \(name)", "1 to \(longestLine), and no more in all", word)
      }
      valueCount += Int(count)
      fields.append(Field(name: name, type: type, count: Int(count)))
    }
    return fields
  }

  private static func scalar(_ type: String, size: String) -> ScalarType? {
    switch type + size {
    case "I1": .int8
    case "I2": .int16
    case "I4": .int32
    case "I8": .int64
    case "U1": .uint8
    case "U2": .uint16
    case "U4": .uint32
    case "U8": .uint64
    case "F4": .float32
    case "F8": .float64
    default: nil
    }
  }

  /// Width times height, which the number of points, if given, repeats.
  private static func pointCount(
    _ lines: [String: Line], end: Int
  ) throws(CloudError) -> Int {
    let width = try number("WIDTH", lines, end: end)
    let height = try lines["HEIGHT"] == nil ? 1 : number("HEIGHT", lines, end: end)
    // Each is below 2³².
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow else {
      throw malformed(end, "WIDTH and HEIGHT", "a product below 2⁶³", "\(width) and \(height)")
    }
    if let points = lines["POINTS"] {
      let repeated = try number("POINTS", lines, end: end)
      guard repeated == count else {
        throw malformed(points.start, "POINTS", "\(count), width times height", "\(repeated)")
      }
    }
    return count
  }

  private static func number(
    _ keyword: String, _ lines: [String: Line], end: Int
  ) throws(CloudError) -> Int {
    let line = try required(keyword, lines, end: end)
    guard line.values.count == 1, let number = UInt32(line.words[1]) else {
      throw malformed(
        line.start, keyword, "a number below 2³²", line.values.joined(separator: " "))
    }
    return Int(number)
  }

  private static func storage(
    _ lines: [String: Line], end: Int
  ) throws(CloudError) -> (Storage, offset: Int) {
    let line = try required("DATA", lines, end: end)
    guard line.values.count == 1, let storage = Storage(rawValue: line.words[1]) else {
      throw malformed(
        line.start, "DATA", Storage.allCases.map(\.rawValue).joined(separator: ", "),
        line.values.joined(separator: " "))
    }
    return (storage, line.start)
  }
}
