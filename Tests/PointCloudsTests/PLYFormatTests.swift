import PointClouds
import Testing

struct PLYFormatTests {
  private func format() throws -> CloudFormat {
    try #require(CloudFormat.format(mediaType: "application/x-ply"))
  }

  private static let ascii = """
    ply
    format ascii 1.0
    comment made by hand
    element vertex 2
    property float x
    property double y
    property float z
    property uchar scalar_Classification
    property float roughness
    element face 1
    property list uchar int vertex_indices
    end_header
    1 2 3 5 0.25
    4.5 5e0 -6  9\t-1
    3 0 1 1

    """

  private static func binary(_ order: String) -> [UInt8] {
    let header = """
      ply
      format binary_\(order)_endian 1.0
      element face 2
      property list uchar int vertex_indices
      element vertex 2
      property double x
      property float y
      property short z
      property uchar red
      property uchar green
      property uchar blue
      element edge 1
      property int vertex1
      end_header

      """
    let isBig = order == "big"
    func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      let bytes = [UInt8](littleEndian: value)
      return isBig ? bytes.reversed() : bytes
    }
    func row(_ x: Double, _ y: Float, _ z: Int16) -> [UInt8] {
      number(x.bitPattern) + number(y.bitPattern) + number(z) + [7, 8, 9]
    }
    let faces = [3] + number(Int32(0)) + number(Int32(1)) + number(Int32(1)) + [0] as [UInt8]
    return Array(header.utf8) + faces + row(1, 2, 3) + row(4.5, 5, -6) + number(Int32(77))
  }

  @Test func `ascii vertices are points`() throws {
    for text in [Self.ascii, Self.ascii.split(separator: "\n").joined(separator: "\r\n") + "\r\n"] {
      let cloud = try format().decode(Array(text.utf8)).cloud
      #expect(cloud.positions == [1, 2, 3, 4.5, 5, -6])
      #expect(cloud.attributes == PointAttributes(classification: [5, 9]))
    }
  }

  @Test(arguments: ["little", "big"])
  func `binary vertices are points, whatever stands before them`(order: String) throws {
    let cloud = try format().decode(Self.binary(order)).cloud
    #expect(cloud.positions == [1, 2, 3, 4.5, 5, -6])
    #expect(cloud.attributes == PointAttributes(colors: [1799, 2056, 2313, 1799, 2056, 2313]))
  }

  @Test func `the element may have another name`() throws {
    let text =
      "ply\nformat ascii 1.0\nelement pc1 1\nproperty int x\nproperty int y\nproperty int z\nend_header\n1 2 3"
    #expect(try format().decode(Array(text.utf8)).cloud.positions == [1, 2, 3])
  }

  @Test func `vertices behind other elements keep lines of their own`() throws {
    let file = """
      ply
      format ascii 1.0
      element face 1
      property list uchar int vertex_indices
      element vertex 2
      property float x
      property float y
      property float z
      end_header
      3 0 1 1
      1 2 3
      4 5 6

      """
    let decoded = try format().decode(Array(file.utf8))
    let written = try format().encode(ClassifiedCloud(decoded, classes: [2, 6]))
    #expect(
      String(decoding: written.bytes, as: UTF8.self)
        == file.replacing("float z\n", with: "float z\nproperty uchar classification\n")
        .replacing("1 2 3", with: "1 2 3 2").replacing("4 5 6", with: "4 5 6 6"))
    #expect(try format().decode(written.bytes).cloud.positions == decoded.cloud.positions)
  }

  @Test func `a class that is there is overwritten in ascii`() throws {
    let decoded = try format().decode(Array(Self.ascii.utf8))
    let written = try format().encode(
      ClassifiedCloud(decoded, classes: [6, 64], confidence: [0.5, 1])
    ).bytes
    let expected = Self.ascii
      .replacing("roughness\n", with: "roughness\nproperty float confidence\n")
      .replacing("1 2 3 5 0.25", with: "1 2 3 6 0.25 0.5")
      .replacing("4.5 5e0 -6  9\t-1", with: "4.5 5e0 -6 64 -1 1")
    #expect(String(decoding: written, as: UTF8.self) == expected)
  }

  @Test(arguments: ["little", "big"])
  func `class and confidence are appended to binary vertices`(order: String) throws {
    let file = Self.binary(order)
    let decoded = try format().decode(file)
    let written = try format().encode(
      ClassifiedCloud(decoded, classes: [6, 64], confidence: [0.5, 1])
    ).bytes
    #expect(
      written.count == file.count + 2 * 5
        + "property uchar classification\nproperty float confidence\n".utf8.count)
    let read = try format().decode(written).cloud
    #expect(read.positions == decoded.cloud.positions)
    #expect(read.attributes.classification == [6, 64])
    #expect(read.attributes.colors == decoded.cloud.attributes.colors)
    #expect(written.suffix(4) == file.suffix(4))
    let again = try format().encode(
      ClassifiedCloud(format().decode(written), classes: [6, 64], confidence: [0.5, 1]))
    #expect(again.bytes == written)
  }

  @Test func `a class that a property has no room for is refused`() throws {
    let text = Self.ascii.replacing("ascii", with: "binary_little_endian")
      .replacing("uchar scalar", with: "char scalar")
      .replacing("element face 1\nproperty list uchar int vertex_indices\n", with: "")
    let header = text[..<(try #require(text.firstRange(of: "1 2 3"))).lowerBound]
    let file = Array(header.utf8) + [UInt8](repeating: 0, count: 2 * 21)
    let decoded = try format().decode(file)
    #expect(
      try format().encode(ClassifiedCloud(decoded, classes: [6, 64])).bytes.count == file.count)
    #expect(throws: CloudError.self) {
      try format().encode(ClassifiedCloud(decoded, classes: [6, 128]))
    }
  }

  @Test(arguments: [
    ("ply\n", "plx\n", "magic line"), ("format ascii 1.0", "format text 1.0", "format"),
    ("format ascii 1.0\n", "", "format"), ("vertex 2", "vertex -2", "element"),
    ("vertex 2", "vertex 4294967296", "element"), ("float x", "quad x", "property"),
    ("element vertex 2\n", "", "property"), ("comment", "remark", "keyword"),
    ("end_header\n", "", "keyword"), ("double y", "double why", "vertex"),
    ("1 2 3 5 0.25", "1 2 3 5", "vertex 0"), ("1 2 3 5 0.25", "1 2 3 5 0.25 7", "vertex 0"),
    ("1 2 3", "1 q 3", "y of vertex 0"), ("vertex 2", "vertex 4", "vertex"),
  ])
  func `a fault is refused with the field`(text: String, replacement: String, field: String) {
    let file = Self.ascii.replacing(text, with: replacement, maxReplacements: 1)
    #expect {
      _ = try format().decode(Array(file.utf8))
    } throws: { error in
      guard case .malformed("PLY", .byte(_), field, expected: _, found: _)? = error as? CloudError
      else { return false }
      return true
    }
  }

  @Test func `a file of another kind is quoted in few letters`() {
    let file = Array((String(repeating: "LASF ", count: 500) + "\n").utf8)
    #expect {
      _ = try format().decode(file)
    } throws: { error in
      guard case .malformed("PLY", _, _, expected: _, let found)? = error as? CloudError
      else { return false }
      return found == "\"LASF LASF LASF L\""
    }
  }

  @Test(arguments: ["little", "big"])
  func `a file cut or changed at any byte gives a result or an error`(order: String) throws {
    let file = Self.binary(order)
    for offset in file.indices {
      for changed in [Array(file[..<offset])]
        + [0, 0x20, 0x39, 0x7F, 0xFF].map({ file.replacing(at: offset, with: [$0]) })
      {
        do {
          let decoded = try format().decode(changed, maximumPointCount: 100)
          let classes = [UInt8](repeating: 6, count: decoded.cloud.count)
          let confidence = [Float](repeating: 0.5, count: decoded.cloud.count)
          let written = try format().encode(
            ClassifiedCloud(decoded, classes: classes, confidence: confidence))
          #expect(written.bytes.count >= changed.count)
        } catch let error as CloudError {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }

  @Test func `too many, infinite and no points are refused`() throws {
    let file = Array(Self.ascii.utf8)
    #expect(throws: CloudError.tooManyPoints(limit: 1, found: 2)) {
      try format().decode(file, maximumPointCount: 1)
    }
    #expect(throws: CloudError.nonFinite(attribute: "x", pointIndex: 1)) {
      try format().decode(Array(Self.ascii.replacing("4.5 5e0", with: "inf 5").utf8))
    }
    #expect(throws: CloudError.empty) {
      try format().decode(Array(Self.ascii.replacing("vertex 2", with: "vertex 0").utf8))
    }
  }
}
