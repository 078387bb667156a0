import Batching
import PointClouds
import Testing

struct LAZFormatTests {
  private static func format() throws -> CloudFormat {
    try #require(CloudFormat.format(mediaType: "application/vnd.laz"))
  }

  /// The file as LAS: written with the classes that its points have already.
  private static func decompressed(
    _ file: [UInt8], on sharing: WorkSharing = .alone
  ) throws -> [UInt8] {
    let decoded = try format().decode(file, on: sharing)
    let las = try #require(CloudFormat.format(fileExtension: "las"))
    let classes = try #require(decoded.cloud.attributes.classification)
    return try las.encode(ClassifiedCloud(decoded, classes: classes)).bytes
  }

  private static func checksum(_ bytes: some Sequence<UInt8>) -> String {
    let value = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Where the record of LASzip has its content, and where the points begin.
  private static func places(_ file: [UInt8]) -> (record: Int, points: Int) {
    let points = file.number(UInt32.self, at: 96)
    // It is the last record, of 34 bytes and 6 for each of its items.
    var start = file.number(UInt16.self, at: 94)
    while start + 54 + file.number(UInt16.self, at: start + 20) < points {
      start += 54 + file.number(UInt16.self, at: start + 20)
    }
    return (start + 54, points)
  }

  @Test func `points become the records that they were compressed from`() throws {
    for (name, expected) in try Fixture.lazRecords() where expected.points > 0 {
      let file = try Fixture.laz(name)
      #expect(CloudFormat.format(content: file)?.name == "LAZ", "\(name)")
      let las = try Self.decompressed(file)
      #expect(CloudFormat.format(content: las)?.name == "LAS", "\(name)")
      let start = las.number(UInt32.self, at: 96)
      let records = las[start..<start + expected.bytes]
      #expect(Self.checksum(records) == expected.checksum, "\(name)")
      #expect(las.number(UInt32.self, at: 100) == file.number(UInt32.self, at: 100) - 1, "\(name)")
      #expect(try Self.format().decode(las).cloud.count == expected.points, "\(name)")
    }
  }

  @Test func `a file without points is refused as empty`() throws {
    #expect(throws: CloudError.empty) { try Self.format().decode(Fixture.laz("none_6")) }
  }

  @Test func `records behind the points stay there`() throws {
    let las = try Self.decompressed(Fixture.laz("evlr_6"))
    #expect(las.number(UInt64.self, at: 235) == las.number(UInt32.self, at: 96) + 40 * 30)
    #expect(las.suffix(17) == Array("behind the points".utf8)[...])
  }

  /// A record, extended or not, of a user and a payload.
  private static func record(_ user: String, _ payload: [UInt8], isExtended: Bool) -> [UInt8] {
    let name = Array(user.utf8) + repeatElement(0, count: 16 - user.utf8.count)
    let length =
      isExtended
      ? [UInt8](littleEndian: UInt64(payload.count)) : [UInt8](littleEndian: UInt16(payload.count))
    return [0, 0] + name + [1, 0] + length + repeatElement(0, count: 32) + payload
  }

  @Test(arguments: [false, true])
  func `records of COPC, whose offsets would be stale, are left out`(hasOthers: Bool) throws {
    let file = try Fixture.laz("evlr_6")
    let information = Self.record("copc", [UInt8](repeating: 7, count: 160), isExtended: false)
    let hierarchy = Self.record("copc", [UInt8](repeating: 8, count: 64), isExtended: true)
    let (points, records) = (file.number(UInt32.self, at: 96), file.number(UInt32.self, at: 100))
    let extended = file.number(UInt64.self, at: 235)
    let others = Array(file[extended...])
    var cloud = Array(file[..<375]) + information + file[375..<extended]
    cloud += hasOthers ? hierarchy + others + hierarchy : hierarchy
    cloud = cloud.replacing(at: 96, with: .init(littleEndian: UInt32(points + information.count)))
    cloud = cloud.replacing(at: 100, with: .init(littleEndian: UInt32(records + 1)))
    let extendedStart = UInt64(extended + information.count)
    cloud = cloud.replacing(at: 235, with: .init(littleEndian: extendedStart))
    cloud = cloud.replacing(at: 243, with: .init(littleEndian: UInt32(hasOthers ? 3 : 1)))
    // The table of chunks moves, too.
    let start = points + information.count
    let table = file.number(Int64.self, at: points) + information.count
    cloud = cloud.replacing(at: start, with: .init(littleEndian: Int64(table)))
    var expected = try Self.decompressed(file)
    if !hasOthers {
      expected.removeLast(others.count)
      expected = expected.replacing(at: 235, with: [UInt8](repeating: 0, count: 12))
    }
    #expect(try Self.decompressed(cloud) == expected)
  }

  @Test(arguments: ["las", "LAZ"])
  func `an extension that says otherwise does not matter`(fileExtension: String) throws {
    let format = try #require(CloudFormat.format(fileExtension: fileExtension))
    #expect(try format.decode(Fixture.laz("surveyed_6")).cloud.count == 400)
    #expect(try format.decode(Fixture.bytes("format_6.las")).cloud.count == 7)
  }

  @Test func `threads change nothing`() throws {
    let pool = try TaskPool(threadCount: 3, name: "test")
    defer { pool.finish() }
    for name in ["surveyed_3", "surveyed_8", "variable_6"] {
      let file = try Fixture.laz(name)
      #expect(
        try Self.decompressed(file, on: WorkSharing(pool: pool)) == Self.decompressed(file))
    }
  }

  @Test func `a cloud that nobody wants is not decompressed`() throws {
    let pool = try TaskPool(threadCount: 1, name: "test")
    defer { pool.finish() }
    #expect(throws: CloudError.abandoned) {
      try Self.format().decode(
        Fixture.laz("surveyed_6"), on: WorkSharing(pool: pool) { false })
    }
  }

  @Test func `more points and more bytes than allowed are refused before they are decompressed`()
    throws
  {
    let file = try Fixture.laz("surveyed_6")
    #expect(throws: CloudError.tooManyPoints(limit: 399, found: 400)) {
      try Self.format().decode(file, maximumPointCount: 399)
    }
    #expect(throws: CloudError.tooManyBytes(limit: 12_000, found: 12_000)) {
      try Self.format().decode(file, limits: CloudLimits(byteCount: 12_000))
    }
    #expect(throws: Never.self) {
      try Self.format().decode(file, limits: CloudLimits(byteCount: 13_000))
    }
  }

  @Test func `it can only be read`() throws {
    #expect(try !Self.format().canEncode)
    #expect(try Self.format().written.name == "LAS")
  }

  @Test func `an offset to the table at the end of the file is found`() throws {
    let file = try Fixture.laz("surveyed_3")
    let start = Self.places(file).points
    let moved =
      file.replacing(at: start, with: .init(littleEndian: Int64(-1))) + file[start..<start + 8]
    #expect(try Self.decompressed(moved) == Self.decompressed(file))
  }

  @Test(arguments: [
    // Offsets within the record of LASzip, and what to put there.
    (12, [0, 0, 0, 0], "points of a chunk"), (32, [0xFF, 0], "items of LASzip"),
    (34, [7, 0], "items of LASzip"), (36, [9, 0], "items of LASzip"),
    (12, [100, 0, 0, 0], "number of chunks"), (12, [1, 0, 0, 0], "number of chunks"),
  ])
  func `a record of LASzip that contradicts the file is refused`(
    offset: Int, bytes: [UInt8], field: String
  ) throws {
    let file = try Fixture.laz("surveyed_6")
    try expectFault(field, file.replacing(at: Self.places(file).record + offset, with: bytes))
  }

  @Test(arguments: [
    (0, [1, 0], "compressor 1"), (2, [1, 0], "coder 1"), (38, [4, 0], "versions 4"),
  ])
  func `what nobody taught it is named`(offset: Int, bytes: [UInt8], reason: String) throws {
    let file = try Fixture.laz("surveyed_6")
    let changed = file.replacing(at: Self.places(file).record + offset, with: bytes)
    #expect {
      _ = try Self.format().decode(changed)
    } throws: { error in
      guard case .unsupported("LAZ", let found)? = error as? CloudError else { return false }
      return found.hasPrefix(reason)
    }
  }

  @Test func `a table of chunks that contradicts the file is refused`() throws {
    let file = try Fixture.laz("surveyed_6")
    let start = Self.places(file).points
    let table = file.number(Int64.self, at: start)
    let first = start + 8
    for (offset, bytes, field) in [
      (start, [UInt8](littleEndian: Int64(file.count)), "offset to table of chunks"),
      (start, [UInt8](littleEndian: Int64.max), "offset to table of chunks"),
      (start, [UInt8](littleEndian: Int64.min), "offset to table of chunks"),
      (table, [1], "version of table of chunks"), (table + 4, [4], "number of chunks"),
      (table + 4, [0], "number of chunks"),
      (table + 8, [0xFF, 0xFF, 0xFF, 0xFF], "table of chunks"),
      (first + 30, [151], "chunk 0"), (first + 34, [0xFF, 0xFF, 0xFF, 0xFF], "chunk 0"),
      (first + 30 + 4 + 9 * 4, [0xFF, 0xFF, 0xFF, 0xFF], "chunk 0"),
    ] {
      try expectFault(field, file.replacing(at: offset, with: bytes))
    }
    // A table where the first chunk is begins with a coordinate.
    try expectFault(
      "version of table of chunks",
      file.replacing(at: start, with: .init(littleEndian: Int64(first))))
    try expectFault("table of chunks", Array(file[..<(table + 9)]))
  }

  @Test func `chunks of their own lengths hold no more points than the file`() throws {
    let file = try Fixture.laz("variable_6")
    try expectFault("chunk 3", file.replacing(at: 247, with: [199]))
    try expectFault("table of chunks", file.replacing(at: 247, with: [201]))
    try expectFault("chunk 2", file.replacing(at: 247, with: [81]))
  }

  @Test func `a chunk that holds fewer points than it says is named`() throws {
    // The positions of the first chunk end early where their layer is cut to four bytes.
    let file = try Fixture.laz("surveyed_6")
    let size = Self.places(file).points + 8 + 30 + 4
    #expect {
      _ = try Self.format().decode(file.replacing(at: size, with: [4, 0, 0, 0]))
    } throws: { error in
      guard
        case .malformed("LAZ", .byte(_), "chunk 0", "150 points", let found)? =
          error as? CloudError
      else { return false }
      return found.hasPrefix("no more than")
    }
  }

  private func expectFault(_ field: String, _ file: [UInt8]) throws {
    #expect {
      _ = try Self.format().decode(file)
    } throws: { error in
      guard
        case .malformed("LAZ", .byte(_), let found, expected: _, found: _)? =
          error as? CloudError
      else { return false }
      return found == field
    }
  }

  @Test(arguments: ["single_points_3", "single_points_6", "one_0"])
  func `a file cut or changed at any byte gives a result or an error`(name: String) throws {
    let file = try Fixture.laz(name)
    for offset in file.indices {
      for changed in [Array(file[..<offset])]
        + [0, 0x7F, 0xFF].map({ file.replacing(at: offset, with: [$0]) })
      {
        do {
          let decoded = try Self.format().decode(
            changed, limits: CloudLimits(pointCount: 100, byteCount: 20_000))
          #expect(decoded.cloud.count <= 100)
        } catch let error as CloudError {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }
}
