import PointClouds
import Testing

struct LASReaderTests {
  static func format() throws -> CloudFormat {
    try #require(CloudFormat.format(mediaType: "application/vnd.las"))
  }

  @Test(arguments: Fixture.lasNames)
  func `all attributes equal those that laspy reads`(name: String) throws {
    let cloud = try Self.format().decode(Fixture.bytes(name)).cloud
    let expected = try Fixture.expectation(name)
    #expect(cloud.positions == expected.positions)
    #expect(cloud.attributes.intensity == expected.intensity)
    #expect(cloud.attributes.returnNumber == expected.return_number)
    #expect(cloud.attributes.numberOfReturns == expected.number_of_returns)
    #expect(cloud.attributes.classification == expected.classification)
    #expect(cloud.attributes.colors == expected.colors)
  }

  @Test(arguments: [0, 1, 2] as [UInt8])
  func `older versions share the header of 1.2`(versionMinor: UInt8) throws {
    let bytes = try Fixture.bytes("format_1.las").replacing(at: 25, with: [versionMinor])
    #expect(
      try Self.format().decode(bytes).cloud.positions
        == Fixture.expectation("format_1.las").positions)
  }

  @Test func `version 1.4 falls back on the legacy count where the new one is zero`() throws {
    let bytes = try Fixture.bytes("format_1_version_1_4.las")
    let patched = bytes.replacing(at: 247, with: .init(repeating: 0, count: 8))
      .replacing(at: 107, with: [7, 0, 0, 0])
    #expect(try Self.format().decode(patched).cloud.count == 7)
  }

  @Test(
    arguments: [
      (0, [0x4D], 0, "file signature"),
      (24, [2], 24, "version"),
      (25, [5], 24, "version"),
      (94, [226, 0], 94, "header size"),
      (94, [0xFF, 0xFF], 94, "header size"),
      (96, [100, 0, 0, 0], 96, "offset to point data"),
      (96, [0xFF, 0xFF, 0xFF, 0xFF], 96, "offset to point data"),
      (100, [0xFF, 0xFF, 0xFF, 0xFF], 462, "variable length record 1"),
      (104, [11], 104, "point data record format"),
      (105, [29, 0], 105, "point data record length"),
      (105, [0xFF, 0xFF], 247, "number of point records"),
      (131, [0, 0, 0, 0, 0, 0, 0, 0], 131, "x scale factor"),
      (139, [0, 0, 0, 0, 0, 0, 0xF0, 0x7F], 139, "y scale factor"),
      (171, [0, 0, 0, 0, 0, 0, 0xF8, 0x7F], 171, "z offset"),
      (247, [8, 0, 0, 0, 0, 0, 0, 0], 247, "number of point records"),
      (247, [0, 0, 0, 0, 0, 0, 0, 0xFF], 247, "number of point records"),
      (243, [1, 0, 0, 0], 235, "start of extended variable length records"),
      (395, [0xFF, 0xFF], 395, "record length of variable length record 0"),
    ] as [(Int, [UInt8], Int, String)])
  func `a lying header is refused with the place and the field`(
    offset: Int, bytes: [UInt8], place: Int, field: String
  ) throws {
    let file = try Fixture.bytes("format_6.las").replacing(at: offset, with: bytes)
    #expect {
      _ = try Self.format().decode(file)
    } throws: { error in
      guard
        case .malformed("LAS", .byte(place), field, expected: _, found: _)? = error as? CloudError
      else { return false }
      return true
    }
  }

  @Test func `an extended record that is longer than the file is refused`() throws {
    let file = try Fixture.bytes("extended_records.las")
    let start = file.number(UInt64.self, at: 235)
    let patched = file.replacing(at: start + 20, with: .init(littleEndian: UInt64.max))
    #expect(
      throws: CloudError.malformed(
        format: "LAS", at: .byte(start + 20),
        field: "record length of extended variable length record 0",
        expected: "at most \(file.count - start - 60)", found: "\(UInt64.max)")
    ) { try Self.format().decode(patched) }
  }

  @Test(arguments: ["format_3.las", "extended_records.las"])
  func `a file cut at any byte is refused`(name: String) throws {
    let file = try Fixture.bytes(name)
    let format = try Self.format()
    for length in 0..<file.count {
      #expect(throws: CloudError.self, "\(length) bytes") {
        try format.decode(Array(file[..<length]))
      }
    }
  }

  @Test(arguments: ["legacy_extra_bytes.las", "extended_records.las"])
  func `whatever a byte is changed to, reading and writing end with a result or an error`(
    name: String
  ) throws {
    let file = try Fixture.bytes(name)
    let format = try Self.format()
    for offset in file.indices {
      for value in [0, 0x80, 0xFF] as [UInt8] where file[offset] != value {
        do {
          let decoded = try format.decode(
            file.replacing(at: offset, with: [value]), maximumPointCount: 100)
          let encoded = try format.encode(
            ClassifiedCloud(
              decoded, classes: .init(repeating: 6, count: decoded.cloud.count),
              confidence: .init(repeating: 0.5, count: decoded.cloud.count)))
          #expect(encoded.bytes.count >= file.count)
        } catch {
          continue
        }
      }
    }
  }

  @Test func `a file without points is refused`() throws {
    let file = try Fixture.bytes("no_records.las")
    let empty = Array(file.replacing(at: 107, with: [0, 0, 0, 0])[..<227])
    #expect(throws: CloudError.empty) { try Self.format().decode(empty) }
  }

  @Test func `more points than allowed are refused before they are read`() throws {
    #expect(throws: CloudError.tooManyPoints(limit: 6, found: 7)) {
      try Self.format().decode(Fixture.bytes("format_0.las"), maximumPointCount: 6)
    }
    #expect(
      try Self.format().decode(Fixture.bytes("format_0.las"), maximumPointCount: 7).cloud.count == 7
    )
  }

  @Test func `compressed points without a record of LASzip are refused`() throws {
    let file = try Fixture.bytes("format_6.las").replacing(at: 104, with: [6 | 0x80])
    #expect(CloudFormat.format(content: file)?.name == "LAZ")
    #expect {
      _ = try Self.format().decode(file)
    } throws: { error in
      guard
        case .malformed("LAZ", .byte(_), "variable length records", expected: _, found: _)? =
          error as? CloudError
      else { return false }
      return true
    }
  }
}
