import PointClouds
import Testing

struct NumPyFormatTests {
  private func format() throws -> CloudFormat {
    try #require(CloudFormat.format(mediaType: "application/x-npy"))
  }

  private func file(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let text = Array(header.utf8)
    let length: [UInt8] =
      version == 1
      ? .init(littleEndian: UInt16(text.count)) : .init(littleEndian: UInt32(text.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
  }

  private func header(_ type: String, _ shape: String, fortran: Bool = false) -> String {
    "{'descr': \(type), 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }   \n"
  }

  private func bytes(_ values: [Double], _ type: String) -> [UInt8] {
    values.flatMap { value -> [UInt8] in
      let bytes: [UInt8] =
        type.hasSuffix("f4")
        ? .init(littleEndian: Float(value).bitPattern)
        : type.hasSuffix("f8")
          ? .init(littleEndian: value.bitPattern) : .init(littleEndian: Int16(value))
      return type.hasPrefix(">") ? bytes.reversed() : bytes
    }
  }

  @Test(arguments: ["<f4", "<f8", ">f4", ">f8", "<i2", ">i2"], [1, 2, 3] as [UInt8])
  func `rows of three or more numbers are points`(type: String, version: UInt8) throws {
    let values: [Double] = [1, 2, 3, 7, 4, 5, 6, 8]
    let rows = file(header("'\(type)'", "(2, 4)"), bytes(values, type), version: version)
    #expect(try format().decode(rows).cloud.positions == [1, 2, 3, 4, 5, 6])
    let columns = file(
      header("'\(type)'", "(2, 4)", fortran: true),
      bytes([1, 4, 2, 5, 3, 6, 7, 8], type), version: version)
    #expect(try format().decode(columns).cloud.positions == [1, 2, 3, 4, 5, 6])
  }

  @Test func `fields of a structured array become attributes`() throws {
    let type =
      "[('x', '<f8'), ('y', '>f4'), ('name', '|S2'), ('z', '<i4'), ('classification', '|u1'), ('n', '<f4', (2,))]"
    let row: (Double, Float, Int32, UInt8) -> [UInt8] = { x, y, z, code in
      .init(littleEndian: x.bitPattern) + [UInt8](littleEndian: y.bitPattern).reversed() + [65, 66]
        + .init(littleEndian: z) + [code] + .init(repeating: 1, count: 8)
    }
    let cloud = try format().decode(
      file(header(type, "(2,)"), row(1, 2, 3, 6) + row(4, 5, -6, 64))
    ).cloud
    #expect(cloud.positions == [1, 2, 3, 4, 5, -6])
    #expect(cloud.attributes == PointAttributes(classification: [6, 64]))
  }

  @Test(arguments: [
    ("{'descr': '<f8'}", "header"), ("", "header"), ("{'descr': '<f8', 'shape': (1, 3", "header"),
    ("{'descr': '<f8', 'fortran_order': 0, 'shape': (1, 3), }", "header"),
    ("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "header"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3), }", "header"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': ('a', 3), }", "shape"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "shape"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1), }", "shape"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3, 1), }", "shape"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", "data"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 3), }", "shape"),
    ("{'descr': 7, 'fortran_order': False, 'shape': (1, 3), }", "descr"),
    (
      "{'descr': [('x', '<f8'), ('y', '<f8'), ('w', '<f8')], 'fortran_order': False, 'shape': (1,), }",
      "descr"
    ),
    (
      "{'descr': [('x', '<f8'), ('X', '<f8'), ('z', '<f8')], 'fortran_order': False, 'shape': (1,), }",
      "descr"
    ),
    (
      "{'descr': [('x', '<f8'), ('y', '<f8'), ('z', '<f8')], 'fortran_order': False, 'shape': (1, 1), }",
      "shape"
    ),
  ])
  func `a bad header is refused with the field`(header: String, field: String) {
    #expect {
      _ = try format().decode(file(header, .init(repeating: 0, count: 24)))
    } throws: { error in
      guard case .malformed("NPY", .byte(_), field, expected: _, found: _)? = error as? CloudError
      else { return false }
      return true
    }
  }

  @Test(arguments: [
    "'<c8'", "'|O'", "'|S8'", "[('x', '|O')]", "[('x', '<f8', (9223372036854775807, 3))]",
    "[('x', '<U9223372036854775807')]", "[(('a', 'b'), '<f8')]",
  ])
  func `a type that is no number is refused`(type: String) {
    #expect {
      _ = try format().decode(file(header(type, "(1, 3)"), .init(repeating: 0, count: 24)))
    } throws: { error in
      if case .unsupported("NPY", reason: _)? = error as? CloudError { return true }
      if case .malformed("NPY", _, field: "data", expected: _, found: _)? = error as? CloudError {
        return true
      }
      return false
    }
  }

  @Test func `a file cut at any byte is refused`() throws {
    for version in [1, 2, 3] as [UInt8] {
      let whole = file(header("'<f8'", "(1, 3)"), .init(repeating: 0, count: 24), version: version)
      #expect(try format().decode(whole).cloud.count == 1)
      for length in 0..<whole.count {
        #expect(throws: CloudError.self) { try format().decode(Array(whole[..<length])) }
      }
    }
  }

  @Test func `whatever a byte is changed to, reading ends with a result or an error`() throws {
    let type = "[('x', '<f8'), ('y', '>f4'), ('n', '|V2', (2,)), ('z', '<i4')]"
    for whole in [
      file(header("'<f4'", "(1, 3)"), .init(repeating: 0, count: 12)),
      file(header(type, "(1,)"), .init(repeating: 0, count: 20)),
    ] {
      for offset in whole.indices {
        for value in Array("09-(],'U".utf8) + [0, 0xFF] {
          do {
            #expect(
              try format().decode(whole.replacing(at: offset, with: [value])).cloud.count == 1)
          } catch let error as CloudError {
            #expect(!error.description.isEmpty)
          }
        }
      }
    }
  }

  @Test func `empty, too many and infinite points are refused`() throws {
    #expect(throws: CloudError.empty) { try format().decode(file(header("'<f8'", "(0, 3)"), [])) }
    #expect(throws: CloudError.tooManyPoints(limit: 1, found: 2)) {
      try format().decode(
        file(header("'<f4'", "(2, 3)"), .init(repeating: 0, count: 24)), maximumPointCount: 1)
    }
    #expect(throws: CloudError.nonFinite(attribute: "z", pointIndex: 0)) {
      try format().decode(file(header("'<f8'", "(1, 3)"), bytes([1, 2, .infinity], "<f8")))
    }
  }

  @Test func `classes are written as bytes, or as fields with what comes beside them`() throws {
    let decoded = DecodedCloud(try PointCloud(positions: [1, 2, 3, 4, 5, 6]))
    let plain = try format().encode(ClassifiedCloud(decoded, classes: [2, 64])).bytes
    #expect(plain.suffix(2) == [2, 64])
    #expect((plain.count - 2).isMultiple(of: 64))
    #expect(plain.number(UInt16.self, at: 8) == plain.count - 12)
    #expect(
      String(decoding: plain[10..<plain.count - 2], as: UTF8.self).hasPrefix(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"))

    let full = try format().encode(
      ClassifiedCloud(
        decoded, classes: [2, 64], confidence: [0.5, 1],
        probabilities: ClassProbabilities(classes: [2, 64], values: [0.5, 0.5, 0, 1]))
    ).bytes
    let half: [UInt8] = [0, 0, 0, 0x3F]
    let one: [UInt8] = [0, 0, 0x80, 0x3F]
    #expect(Array(full.suffix(26)) == [2] + half + half + half + [64] + one + [0, 0, 0, 0] + one)
    #expect(
      String(decoding: full[10..<full.count - 26], as: UTF8.self).hasPrefix(
        "{'descr': [('class', '|u1'), ('confidence', '<f4'), ('probabilities', '<f4', (2,))], "))
  }
}
