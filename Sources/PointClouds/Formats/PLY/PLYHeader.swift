/// The header of a PLY file ("The PLY Polygon File Format", Turk 1994), checked.
struct PLYHeader: Sendable {
  /// A property of the elements of one kind.
  struct Property: Sendable {
    let name: String
    let type: ScalarType
    /// The type of the number of values, for a list.
    let countType: ScalarType?
  }

  /// A kind of elements.
  struct Element: Sendable {
    let name: String
    let count: Int
    var properties: [Property] = []
    /// Where a line with another property belongs.
    var propertiesEnd: Int

    /// The length of an element in a binary file, `nil` where it holds a list.
    var byteCount: Int? {
      properties.contains { $0.countType != nil }
        ? nil : properties.reduce(0) { $0 + $1.type.byteCount }
    }
  }

  let encoding: RecordTable.Encoding
  let elements: [Element]
  /// The offset of the first byte behind the header.
  let dataOffset: Int

  /// Throws `CloudError.malformed`.
  init(_ bytes: [UInt8]) throws(CloudError) {
    var position = 0
    var encoding: RecordTable.Encoding?
    var elements: [Element] = []
    var isFirst = true
    while true {
      let start = position
      guard let words = Self.words(bytes, at: &position) else {
        throw Self.malformed(start, "header", "a line \"end_header\"", "the end of the file")
      }
      if isFirst {
        guard words == ["ply"] else {
          let found = words.joined(separator: " ").prefix(16).debugDescription
          throw Self.malformed(0, "magic line", "\"ply\"", found)
        }
        isFirst = false
        continue
      }
      switch words.first {
      case nil, "comment", "obj_info":
        break
      case "format":
        encoding = try Self.encoding(words, at: start)
      case "element":
        elements.append(try Self.element(words, at: start, end: position))
      case "property":
        guard !elements.isEmpty else {
          throw Self.malformed(start, "property", "an element before", "none")
        }
        elements[elements.count - 1].properties.append(try Self.property(words, at: start))
        elements[elements.count - 1].propertiesEnd = position
      case "end_header":
        guard let encoding else {
          throw Self.malformed(start, "format", "a line before the end of the header", "none")
        }
        self.encoding = encoding
        self.elements = elements
        dataOffset = position
        return
      case let keyword?:
        throw Self.malformed(start, "keyword", "element, property or end_header", keyword)
      }
    }
  }

  static func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: "PLY", at: .byte(offset), field: field, expected: expected, found: found)
  }

  /// The words of the line at a position, which moves to the next line; `nil` without a line feed.
  private static func words(_ bytes: [UInt8], at position: inout Int) -> [String]? {
    // Longer lines are no header; the bound keeps a large binary file from being searched.
    let line = bytes[position...].prefix(4096)
    guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    position = end + 1
    return line[..<end].split { [0x20, 0x09, 0x0D].contains($0) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static func encoding(
    _ words: [String], at offset: Int
  ) throws(CloudError) -> RecordTable.Encoding {
    switch words.dropFirst() {
    case ["ascii", "1.0"]: return .ascii
    case ["binary_little_endian", "1.0"]: return .binary(.littleEndian)
    case ["binary_big_endian", "1.0"]: return .binary(.bigEndian)
    default:
      throw malformed(
        offset, "format", "ascii, binary_little_endian or binary_big_endian 1.0",
        words.dropFirst().joined(separator: " "))
    }
  }

  private static func element(
    _ words: [String], at offset: Int, end: Int
  ) throws(CloudError) -> Element {
    guard words.count == 3, let count = UInt32(words[2]) else {
      throw malformed(
        offset, "element", "a name and a count below 2³²", words.joined(separator: " "))
    }
    return Element(name: words[1], count: Int(count), propertiesEnd: end)
  }

  private static func property(_ words: [String], at offset: Int) throws(CloudError) -> Property {
    if words.count == 3, let type = scalar(words[1]) {
      return Property(name: words[2], type: type, countType: nil)
    }
    if words.count == 5, words[1] == "list", let countType = scalar(words[2]),
      let type = scalar(words[3])
    {
      return Property(name: words[4], type: type, countType: countType)
    }
    throw malformed(
      offset, "property", "a type and a name, or a list", words.joined(separator: " "))
  }

  private static func scalar(_ name: String) -> ScalarType? {
    switch name {
    case "char", "int8": .int8
    case "uchar", "uint8": .uint8
    case "short", "int16": .int16
    case "ushort", "uint16": .uint16
    case "int", "int32": .int32
    case "uint", "uint32": .uint32
    case "float", "float32": .float32
    case "double", "float64": .float64
    default: nil
    }
  }
}
