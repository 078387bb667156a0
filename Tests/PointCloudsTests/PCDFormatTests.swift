import PointClouds
import Testing

struct PCDFormatTests {
  private func format() throws -> CloudFormat {
    try #require(CloudFormat.format(mediaType: "application/x-pcd"))
  }

  private static func header(_ storage: String) -> String {
    """
    # .PCD v0.7 - Point Cloud Data file format
    VERSION 0.7
    FIELDS x y z rgb normal classification
    SIZE 4 8 2 4 4 1
    TYPE F F I U F U
    COUNT 1 1 1 1 3 1
    WIDTH 2
    HEIGHT 1
    VIEWPOINT 0 0 0 1 0 0 0
    POINTS 2
    DATA \(storage)

    """
  }

  private static let ascii =
    header("ascii") + "1 2 3 66051 0 0 1 5\n4.5 5e0 -6  16777215\t0 1 0 64\n"

  private static let rows: [[[UInt8]]] = [
    row(1, 2, 3, color: 0x010203, code: 5), row(4.5, 5, -6, color: 0xFFFF_FFFF, code: 64),
  ]

  private static func row(
    _ x: Float, _ y: Double, _ z: Int16, color: UInt32, code: UInt8
  ) -> [[UInt8]] {
    [
      .init(littleEndian: x.bitPattern), .init(littleEndian: y.bitPattern), .init(littleEndian: z),
      .init(littleEndian: color), .init(repeating: 1, count: 12), [code],
    ]
  }

  private static let binary = Array(header("binary").utf8) + rows.joined().joined()

  /// Everything as literals, 32 bytes at a time.
  private static func compressed(_ planes: [UInt8], header: String) -> [UInt8] {
    var packed: [UInt8] = []
    for start in stride(from: 0, to: planes.count, by: 32) {
      let part = planes[start..<min(start + 32, planes.count)]
      packed.append(UInt8(part.count - 1))
      packed += part
    }
    return Array(header.utf8) + [UInt8](littleEndian: UInt32(packed.count))
      + [UInt8](littleEndian: UInt32(planes.count)) + packed
  }

  private static let compressed = compressed(
    (0..<6).flatMap { field in rows.flatMap { $0[field] } }, header: header("binary_compressed"))

  /// Three float32 fields, of one point unless told.
  private static func small(_ storage: String, fields: String = "x y z", width: Int = 1) -> String {
    "VERSION .7\nFIELDS \(fields)\nSIZE 4 4 4\nTYPE F F F\nWIDTH \(width)\nDATA \(storage)\n"
  }

  @Test(arguments: [Array(ascii.utf8), binary, compressed])
  func `points are read however they are stored`(file: [UInt8]) throws {
    #expect(CloudFormat.format(content: file)?.name == "PCD")
    let cloud = try format().decode(file).cloud
    #expect(cloud.positions == [1, 2, 3, 4.5, 5, -6])
    #expect(
      cloud.attributes
        == PointAttributes(
          classification: [5, 64], colors: [257, 514, 771, 65535, 65535, 65535]))
  }

  @Test func `lines may end in carriage returns`() throws {
    let text = Self.ascii.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
    #expect(try format().decode(Array(text.utf8)).cloud.positions == [1, 2, 3, 4.5, 5, -6])
  }

  @Test func `lines that need not be there have their defaults`() throws {
    let cloud = try format().decode(Array((Self.small("ascii") + "1 2 3").utf8)).cloud
    #expect(cloud.positions == [1, 2, 3])
  }

  @Test func `a packed color that is a float gives its bits`() throws {
    let text = """
      VERSION .7
      FIELDS x y z rgb
      SIZE 4 4 4 4
      TYPE F F F F
      COUNT 1 1 1 1
      WIDTH 2
      DATA ascii
      1 2 3 4.2108e+06
      4 5 6 nan
      """
    // 4210800 is 0x404070 as an integer; as a float its bits are 0x4A8080E0.
    #expect(
      try format().decode(Array(text.utf8)).cloud.attributes.colors
        == [0x80 * 257, 0x80 * 257, 0xE0 * 257, 0, 0, 0])
  }

  @Test func `a repetition may reach into what it writes`() throws {
    // One byte, then 23 times the one before.
    let file =
      Array(Self.small("binary_compressed", width: 2).utf8)
      + [UInt8](littleEndian: UInt32(5)) + [UInt8](littleEndian: UInt32(24))
      + [0, 0x40, 0xE0, 14, 0] as [UInt8]
    let value = Double(Float(bitPattern: 0x4040_4040))
    #expect(
      try format().decode(file).cloud.positions == [Double](repeating: value, count: 6))
  }

  @Test func `class and confidence are appended`() throws {
    let file =
      Array(
        Self.small("ascii", width: 2).replacing("\nDATA", with: "\nVIEWPOINT 0 0 0 1 0 0 0\nDATA")
          .utf8) + Array("1 2 3\n4 5 6\n".utf8)
    let decoded = try format().decode(file)
    let written = try format().encode(
      ClassifiedCloud(decoded, classes: [2, 64], confidence: [0.5, 1]))
    #expect(
      String(decoding: written.bytes, as: UTF8.self) == """
        VERSION .7
        FIELDS x y z classification confidence
        SIZE 4 4 4 1 4
        TYPE F F F U F
        WIDTH 2
        VIEWPOINT 0 0 0 1 0 0 0
        DATA ascii
        1 2 3 2 0.5
        4 5 6 64 1

        """)
  }

  @Test(arguments: [binary, compressed])
  func `a class that is there is overwritten, and the answer is binary`(file: [UInt8]) throws {
    let decoded = try format().decode(file)
    let written = try format().encode(
      ClassifiedCloud(decoded, classes: [6, 200], confidence: [0.5, 1])
    ).bytes
    let head = Self.header("binary").replacing("classification", with: "classification confidence")
      .replacing("4 1\n", with: "4 1 4\n").replacing("F U\n", with: "F U F\n")
      .replacing("3 1\n", with: "3 1 1\n")
    #expect(String(decoding: written.prefix(head.utf8.count), as: UTF8.self) == head)
    #expect(written.count == head.utf8.count + 2 * 35)
    let read = try format().decode(written).cloud
    #expect(read.positions == decoded.cloud.positions)
    #expect(read.attributes.classification == [6, 200])
    #expect(read.attributes.colors == decoded.cloud.attributes.colors)
  }

  @Test(arguments: [
    ("WIDTH 2", "WIDTH x", "WIDTH"), ("POINTS 2", "POINTS 3", "POINTS"),
    ("HEIGHT 1", "HEIGHT 4294967296", "HEIGHT"), ("DATA ascii", "DATA text", "DATA"),
    ("SIZE 4 8", "SIZE 8", "SIZE"), ("TYPE F F", "TYPE F", "TYPE"),
    ("COUNT 1 1", "COUNT 1", "COUNT"), ("SIZE 4 8", "SIZE 2 8", "type and size of x"),
    ("COUNT 1 1", "COUNT 1 0", "count of y"), ("1 1 3 1", "1 1 4093 1", "count of normal"),
    ("VERSION 0.7", "VERSIONS 0.7", "keyword"), ("HEIGHT", "WIDTH", "keyword"),
    ("FIELDS x", "FIELDS w", "FIELDS"), ("WIDTH 2\n", "", "header"), ("DATA", "#", "keyword"),
    ("1 2 3", "1 q 3", "y of point 0"), ("1 2 3", "2 3", "point 0"), ("\n4.5 5e0 -6", "", "points"),
    ("WIDTH 2\nHEIGHT 1", "WIDTH 4294967295\nHEIGHT 4294967295", "WIDTH and HEIGHT"),
  ])
  func `a fault is refused with the field`(text: String, replacement: String, field: String) {
    let file = Self.ascii.replacing(text, with: replacement, maxReplacements: 1)
    #expect {
      _ = try format().decode(Array(file.utf8))
    } throws: { error in
      guard
        case .malformed("PCD", .byte(_), let found, expected: _, found: _)? =
          error as? CloudError
      else { return false }
      return found == field
    }
  }

  @Test func `too many, infinite and no points are refused`() throws {
    let file = Array(Self.ascii.utf8)
    #expect(throws: CloudError.tooManyPoints(limit: 1, found: 2)) {
      try format().decode(file, maximumPointCount: 1)
    }
    #expect(throws: CloudError.nonFinite(attribute: "x", pointIndex: 1)) {
      try format().decode(Array(Self.ascii.replacing("4.5 5e0", with: "nan 5").utf8))
    }
    #expect(throws: CloudError.empty) {
      try format().decode(Array(Self.small("ascii", width: 0).utf8))
    }
  }

  @Test func `more bytes than allowed are not decompressed`() {
    #expect(throws: CloudError.tooManyBytes(limit: 61, found: 62)) {
      try format().decode(Self.compressed, limits: CloudLimits(byteCount: 61))
    }
    #expect(throws: Never.self) {
      try format().decode(Self.compressed, limits: CloudLimits(byteCount: 62))
    }
  }

  @Test(arguments: [
    ([0, 1, 0x20, 1], "repetition in compressed points"), ([5, 1], "compressed points"),
    ([0xE0], "compressed points"), ([0x20], "compressed points"), ([0, 1], "compressed points"),
    ([0, 1, 0xE0, 60, 0], "compressed points"),
  ])
  func `a fault of the compression is refused`(packed: [UInt8], field: String) {
    let file =
      Array(Self.small("binary_compressed").utf8)
      + [UInt8](littleEndian: UInt32(packed.count)) + [UInt8](littleEndian: UInt32(12)) + packed
    #expect {
      _ = try format().decode(file)
    } throws: { error in
      guard
        case .malformed("PCD", .byte(_), let found, expected: _, found: _)? =
          error as? CloudError
      else { return false }
      return found == field
    }
  }

  @Test(arguments: [Array(ascii.utf8), binary, compressed])
  func `a file cut or changed at any byte gives a result or an error`(file: [UInt8]) throws {
    for offset in file.indices {
      for changed in [Array(file[..<offset])]
        + [0, 0x20, 0x39, 0x7F, 0xFF].map({ file.replacing(at: offset, with: [$0]) })
      {
        do {
          let decoded = try format().decode(
            changed, limits: CloudLimits(pointCount: 100, byteCount: 10_000))
          let classes = [UInt8](repeating: 6, count: decoded.cloud.count)
          let written = try format().encode(ClassifiedCloud(decoded, classes: classes))
          #expect(try format().decode(written.bytes).cloud.positions == decoded.cloud.positions)
        } catch let error as CloudError {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }
}
