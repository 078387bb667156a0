import FoundationEssentials

/// Files under Tests/Fixtures/clouds.
enum Fixture {
  private static var directory: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/clouds")
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: directory.appending(path: name)))
  }

  /// What laspy reads from a LAS fixture.
  struct Expectation: Decodable {
    let positions: [Double]
    let intensity: [Float]
    let return_number: [UInt8]
    let number_of_returns: [UInt8]
    let classification: [UInt8]
    let colors: [UInt16]?
  }

  /// A file under Tests/Fixtures/laz.
  static func laz(_ name: String) throws -> [UInt8] { try bytes("../laz/\(name).laz") }

  /// What laspy decompresses from a LAZ fixture: its number of points, the number of bytes of their
  /// records, and the 64-bit FNV-1a of these.
  struct Records: Decodable {
    let points: Int
    let bytes: Int
    let checksum: String
  }

  static func lazRecords() throws -> [String: Records] {
    try JSONDecoder().decode(
      [String: Records].self, from: Data(try bytes("../laz/expected.json")))
  }

  static func expectation(_ name: String) throws -> Expectation {
    let all = try JSONDecoder().decode(
      [String: Expectation].self, from: Data(try bytes("expected.json")))
    guard let found = all[name] else { throw CocoaError(.fileNoSuchFile) }
    return found
  }

  /// Every LAS fixture: each point format, versions 1.2 to 1.4, extra bytes, extended records.
  static let lasNames =
    (0...10).map { "format_\($0).las" } + [
      "format_1_version_1_4.las", "extra_bytes.las", "extended_records.las",
      "legacy_extra_bytes.las", "no_records.las",
    ]
}

extension [UInt8] {
  /// A little-endian integer, for looking into written files.
  func number<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Int {
    (0..<Value.bitWidth / 8).reduce(0) { $0 | Int(self[offset + $1]) << (8 * $1) }
  }

  /// A copy with other bytes from an offset on.
  func replacing(at offset: Int, with bytes: [UInt8]) -> [UInt8] {
    Array(self[..<offset]) + bytes + self[(offset + bytes.count)...]
  }

  /// The bytes of an integer, least significant first.
  init<Value: FixedWidthInteger>(littleEndian value: Value) {
    self = (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value(8 * $0)) }
  }
}
