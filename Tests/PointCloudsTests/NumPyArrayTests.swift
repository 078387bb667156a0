import PointClouds
import Testing

struct NumPyArrayTests {
  private func file(_ type: String, _ shape: String, fortran: Bool, _ data: [UInt8]) -> [UInt8] {
    let header = Array(
      "{'descr': \(type), 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
        .utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + data
  }

  @Test(arguments: [false, true])
  func `a matrix is read in rows, in whatever order it is stored`(fortran: Bool) throws {
    let stored: [UInt8] = fortran ? [1, 4, 2, 5, 3, 6] : [1, 2, 3, 4, 5, 6]
    let array = try NumPyArray(file("'|u1'", "(2, 3)", fortran: fortran, stored))
    #expect(array.shape == [2, 3])
    #expect(array.values == [1, 2, 3, 4, 5, 6])
  }

  @Test func `one axis is enough, and there may be no rows`() throws {
    #expect(try NumPyArray(file("'|u1'", "(2,)", fortran: false, [7, 8])).values == [7, 8])
    #expect(try NumPyArray(file("'<f4'", "(0, 3)", fortran: false, [])).shape == [0, 3])
  }

  @Test(arguments: [
    ("'|u1'", "()"), ("'|u1'", "(1, 1, 1)"), ("[('x', '|u1')]", "(1,)"), ("'|u1'", "(2,)"),
  ])
  func `anything else is refused`(type: String, shape: String) {
    #expect(throws: CloudError.self) {
      try NumPyArray(file(type, shape, fortran: false, [1]))
    }
  }
}
