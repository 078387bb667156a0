import Foundation
import Testing

/// An array of a `.npy` file (version 1.0, C order) under Tests/Fixtures.
struct NumPyFixture {
  private let bytes: [UInt8]
  private let elementType: String

  init(_ path: String) throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures")
    let file = try [UInt8](Data(contentsOf: fixtures.appending(path: path)))
    try #require(file.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]))
    let headerEnd = 10 + Int(file[8]) + Int(file[9]) << 8
    let header = String(decoding: file[10..<headerEnd], as: UTF8.self)
    try #require(header.contains("'fortran_order': False"))
    elementType = String(try #require(header.split(separator: "'").dropFirst(3).first))
    bytes = [UInt8](file[headerEnd...])
  }

  func uint8s() throws -> [UInt8] {
    try #require(elementType == "|u1")
    return bytes
  }

  func int32s() throws -> [Int32] {
    try #require(elementType == "<i4")
    return words().map { Int32(bitPattern: $0) }
  }

  func floats() throws -> [Float] {
    try #require(elementType == "<f4")
    return words().map { Float(bitPattern: $0) }
  }

  func doubles() throws -> [Double] {
    try #require(elementType == "<f8")
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      Double(bitPattern: bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
  }

  private func words() -> [UInt32] {
    stride(from: 0, to: bytes.count, by: 4).map { start in
      UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
        | UInt32(bytes[start + 3]) << 24
    }
  }
}
