import PointClouds
import RandomNumbers
import Testing

struct TextFormatTests {
  private func decode(_ text: String, maximumPointCount: Int = .max) throws -> PointCloud {
    let format = try #require(CloudFormat.format(mediaType: "text/csv"))
    return try format.decode(Array(text.utf8), maximumPointCount: maximumPointCount).cloud
  }

  @Test(arguments: [
    "1 2 3\n4 5 6\n", "1,2,3\n4,5,6", "1;2;3\r\n4;5;6\r\n", "1\t2\t3\n4\t5\t6\n",
    "  1   2 \t 3  \n\n\n 4 5 6 \n\n", "x,y,z\n1,2,3\n4,5,6\n", "X Y Z\n1 2 3\n4 5 6",
    "# made by hand\n1 2 3\n// between\n4 5 6", "//X,Y,Z\n1,2,3\n4,5,6", "# z y x\n3 2 1\n6 5 4",
    "z;other;x;y\n3;a;1;2\n6;b;4;5", "\u{FEFF}x,y,z\n1,2,3\n4,5,6", "1 2 3 9\n4 5 6 9\n",
    "\"x\",\"y\",\"z\"\n1,2,3\n4,5,6", "x,name,y,z\n1,\"a, b\",2,3\n4,\"\",5,6",
    "+1.0e0 .2e1 3.\n4.0 50E-1 6e+0", "1 , 2 , 3\n4 , 5,6",
  ])
  func `lines of numbers are points`(text: String) throws {
    #expect(try decode(text).positions == [1, 2, 3, 4, 5, 6])
  }

  @Test(arguments: [
    "12345678901234567890123", "-179179769769313431863", "1234567890.12345678901234567890",
    "12345678901234567890123.", ".12345678901234567890123",
  ])
  func `a number of more digits than an integer has may be the last of the bytes`(
    number: String
  ) throws {
    #expect(
      try decode("1 2 \(number)").positions[2] == Double(number + (number.last == "." ? "0" : "")))
    #expect(throws: CloudError.self) { try decode(number) }
  }

  @Test func `named columns become attributes`() throws {
    let cloud = try decode(
      """
      x,y,z,Intensity,return_number,NumberOfReturns,class,red,green,blue,other
      1,2,3,40,1,2,6,65535,0,7,x
      4,5,6,41.5,2.0,2,255,1,2,3,y
      """)
    #expect(
      cloud.attributes
        == PointAttributes(
          intensity: [40, 41.5], returnNumber: [1, 2], numberOfReturns: [2, 2],
          classification: [6, 255], colors: [65535, 0, 7, 1, 2, 3]))
  }

  @Test(arguments: [
    ("1 2 3\n4 5\n", 2, 4, "columns"),
    ("1 2 3\n4 5 6 7\n", 2, 7, "columns"),
    ("1 2\n", 1, 1, "columns"),
    ("1,2,3\n4,,6\n", 2, 3, "y"),
    ("1,2,3\n4,5,6x\n", 2, 5, "z"),
    ("1,2,3\n\n# c\n4,0x5,6\n", 4, 3, "y"),
    ("1,2,3\n4,5e,6\n", 2, 3, "y"),
    ("1,2,3\n4,.,6\n", 2, 3, "y"),
    ("1,2,3\n4,-,6\n", 2, 3, "y"),
    ("1;2;3\n1,5;2;3\n", 2, 1, "x"),
    ("a b c\n1 2 3\n", 1, 1, "header"),
    ("x y\n1 2\n", 1, 1, "header"),
    ("x y z x\n1 2 3 4\n", 1, 1, "header"),
    ("x y z\nx y z\n", 2, 1, "x"),
  ])
  func `a bad line is refused with line, column and field`(
    text: String, line: Int, column: Int, field: String
  ) {
    #expect {
      _ = try decode(text)
    } throws: { error in
      guard
        case .malformed("text", .line(line, column: column), field, expected: _, found: _)? =
          error as? CloudError
      else { return false }
      return true
    }
  }

  @Test(arguments: ["", "\n\n", "# only a comment", "x,y,z\n"])
  func `text without points is an empty cloud`(text: String) {
    #expect(throws: CloudError.empty) { try decode(text) }
  }

  @Test(arguments: ["nan", "-inf", "Infinity", "1e999", "-1e400"])
  func `numbers that are not finite are refused with their point`(number: String) {
    #expect(throws: CloudError.nonFinite(attribute: "y", pointIndex: 1)) {
      try decode("1 2 3\n4 \(number) 6\n")
    }
  }

  @Test(arguments: [
    ("class", "256"), ("class", "-1"), ("class", "1.5"), ("return_number", "nan"),
  ])
  func `an attribute outside of its range is refused`(name: String, value: String) {
    #expect {
      _ = try decode("x y z \(name)\n1 2 3 4\n1 2 3 \(value)\n")
    } throws: { error in
      guard case .attributeRange(_, 1, expected: _, found: _)? = error as? CloudError else {
        return false
      }
      return true
    }
  }

  @Test func `labels of a training set are no classes`() throws {
    #expect(try decode("x y z label\n1 2 3 -1\n4 5 6 7\n").attributes == PointAttributes())
  }

  @Test func `colors from 0 to 1 become shares of the brightest`() throws {
    let cloud = try decode("x y z r g b\n1 2 3 0 0.5 1\n4 5 6 1 0.25 0.00001\n")
    #expect(cloud.attributes.colors == [0, 32768, 65535, 65535, 16384, 1])
    #expect(try decode("x y z r g b\n1 2 3 0 1 1\n").attributes.colors == [0, 257, 257])
    #expect(throws: CloudError.self) { try decode("x y z r g b\n1 2 3 0.5 1 2\n") }
    #expect(throws: CloudError.self) { try decode("x y z r g b\n1 2 3 0.5 1 nan\n") }
  }

  @Test func `colors of which none is above 255 are bytes`() throws {
    #expect(
      try decode("x y z r g b\n1 2 3 0 128 255\n").attributes.colors == [0, 32896, 65535])
    #expect(try decode("x y z r g b\n1 2 3 0 128 256\n").attributes.colors == [0, 128, 256])
  }

  @Test func `colors need all three channels`() {
    #expect(throws: CloudError.attributeLength(attribute: "green", expected: 1, found: 0)) {
      try decode("x y z red\n1 2 3 4\n")
    }
  }

  @Test func `more lines than allowed points are refused`() throws {
    #expect(throws: CloudError.tooManyPoints(limit: 2, found: 3)) {
      try decode("1 2 3\n4 5 6\n7 8 9\n", maximumPointCount: 2)
    }
    #expect(try decode("1 2 3\n4 5 6\n", maximumPointCount: 2).count == 2)
  }

  @Test func `numbers are rounded correctly`() throws {
    var generator = SeededGenerator(seed: 8)
    var numbers = [
      "0", "-0", "9007199254740993", "9007199254740992.5", "1e22", "1e23", "123456789e-30",
      "0.1", "0.30000000000000004", "4.9e-324", "2.4703282292062327e-324", "1.7976931348623157e308",
      "179769313486231570000e288", "8.41e21", "2.2250738585072011e-308", "1e-400",
      "0.000000000000000000000000000000000000001", "00012.50", "7450580596923828.125e-27",
      "1\(String(repeating: "0", count: 400))e-400", "6277500.123",
    ]
    for _ in 0..<300 {
      let value = Double(bitPattern: generator.next())
      if value.isFinite { numbers.append("\(value)") }
      numbers.append("\(Double.random(in: -1e7...1e7, using: &generator))")
      numbers.append(
        "\(UInt64.random(in: 0...UInt64.max, using: &generator))e\(Int.random(in: -40...40, using: &generator))"
      )
    }
    let read = try decode(numbers.map { "\($0) 0 0\n" }.joined()).positions
    for (row, number) in numbers.enumerated() {
      #expect(read[3 * row].bitPattern == Double(number)?.bitPattern, "\(number)")
    }
  }

  @Test func `classes are written beside the positions`() throws {
    let format = try #require(CloudFormat.format(mediaType: "text/csv"))
    let decoded = DecodedCloud(try PointCloud(positions: [770_500.1, -2, 1e-7, 4, 5, 6]))
    let plain = ClassifiedCloud(decoded, classes: [2, 64], classNames: [2: "ground"])
    #expect(
      String(decoding: try format.encode(plain).bytes, as: UTF8.self) == """
        x,y,z,class,class_name
        770500.1,-2.0,1e-07,2,ground
        4.0,5.0,6.0,64,

        """)
    let full = ClassifiedCloud(
      decoded, classes: [2, 64], classNames: [2: "ground", 64: "car, \"parked\""],
      confidence: [0.75, 0.5],
      probabilities: ClassProbabilities(classes: [2, 7], values: [0.75, 0.25, 0.5, 0.5]))
    #expect(
      String(decoding: try format.encode(full).bytes, as: UTF8.self) == """
        x,y,z,class,class_name,confidence,probability_ground,probability_7
        770500.1,-2.0,1e-07,2,ground,0.75,0.75,0.25
        4.0,5.0,6.0,64,"car, ""parked\""",0.5,0.5,0.5

        """)
  }
}
