import PointClouds
import Testing

struct JSONFormatTests {
  private func decode(_ text: String, maximumPointCount: Int = .max) throws -> PointCloud {
    let format = try #require(CloudFormat.format(mediaType: "application/json"))
    return try format.decode(Array(text.utf8), maximumPointCount: maximumPointCount).cloud
  }

  @Test(arguments: [
    #"{"points":[[1,2,3],[4,5,6]]}"#, #"{"points":[[1,2,3,9,9],[4,5,6,8,8]],"attributes":{}}"#,
    " {\r\n\t\"points\" : [ [ 1.0 , 2e0 , 30E-1 ] , [ 4 , 5 , 6 ] ] } \n",
    #"{"\u0070o\u0069nt\u0073":[[1,2,3],[4,5,6]],"attribute\u0073":{"\u0072eturn_number":[1,1]}}"#,
  ])
  func `rows of numbers are points`(text: String) throws {
    #expect(try decode(text).positions == [1, 2, 3, 4, 5, 6])
  }

  @Test func `attributes come by name`() throws {
    let cloud = try decode(
      """
      {"attributes": {"intensity": [0.5, -2], "return_number": [1, 2], "number_of_returns": [2, 2],
      "classification": [6, 64], "red": [1, 2], "green": [3, 4], "blue": [5, 65535]},
      "points": [[1, 2, 3], [4, 5, 6]]}
      """)
    #expect(
      cloud.attributes
        == PointAttributes(
          intensity: [0.5, -2], returnNumber: [1, 2], numberOfReturns: [2, 2],
          classification: [6, 64], colors: [1, 3, 5, 2, 4, 65535]))
  }

  @Test(arguments: [
    ("", 0, "document"), ("[]", 0, "document"), ("{}", 2, "document"),
    (#"{"points":[[1,2,3]]"#, 19, "document"), (#"{"points":[[1,2,3]]} x"#, 21, "document"),
    (#"{"points":[[1,2]]}"#, 16, "points[0] of 2 numbers"),
    (#"{"points":[[1,2,3],[1,2,3,4]]}"#, 28, "points[1] of 4 numbers"),
    (#"{"points":[[1,2,"3"]]}"#, 16, "points[0][2]"), (#"{"points":[[1,2,3],7]}"#, 19, "points[1]"),
    (#"{"points":[[1,2,NaN]]}"#, 16, "points[0][2]"),
    (#"{"points":[[1,2,01]]}"#, 16, "points[0][2]"),
    (#"{"points":[[1,2,+1]]}"#, 16, "points[0][2]"),
    (#"{"points":[[1,2,.5]]}"#, 16, "points[0][2]"),
    (#"{"points":[[1,2,5.]]}"#, 16, "points[0][2]"), (#"{"points":[[1,2,3],]}"#, 19, "points[1]"),
    (#"{"points":[[1,2,3]],"points":[]}"#, 29, "key \"points\""),
    (#"{"point":[[1,2,3]]}"#, 9, "key \"point\""),
    (#"{"points":[[1,2,3]],"attributes":{"returns":[1]}}"#, 44, "attribute \"returns\""),
    (#"{"points":[[1,2,3]],"attributes":{"intensity":7}}"#, 46, "intensity"),
    (#"{"points":[[[[[[1]]]]]]}"#, 12, "points[0][0]"),
    (#"{"po\u0074nts":[]}"#, 15, "key \"potnts\""), (#"{"po\x69nts":[]}"#, 2, "key in document"),
    (#"{"points\uD83D":[]}"#, 2, "key in document"), (#"{"points\u00"#, 12, "key in document"),
    (#"{"\uD83D\uDE00\n":[]}"#, 18, "key \"\u{1F600}\n\""), (#"{"points\"#, 9, "key in document"),
    ("{\"" + String(repeating: "k", count: 1025) + "\":[]}", 1026, "key in document"),
    ("{\"po\nints\":[]}", 4, "key in document"), ("{\"po\\\nints\":[]}", 2, "key in document"),
    (#"{"points":[[1,2,3e]]}"#, 17, "points[0]"),
  ])
  func `a fault is refused with its byte and field`(text: String, offset: Int, field: String) {
    #expect {
      _ = try decode(text)
    } throws: { error in
      guard
        case .malformed("JSON", .byte(offset), field, expected: _, found: _)? = error as? CloudError
      else { return false }
      return true
    }
  }

  @Test func `a document cut at any byte is refused`() {
    let text = #"{"points":[[1.5,-2e3,3]],"attributes":{"intensity":[7]}}"#
    for length in 0..<text.utf8.count {
      #expect(throws: CloudError.self, "\(length)") {
        try decode(String(decoding: Array(text.utf8)[..<length], as: UTF8.self))
      }
    }
  }

  @Test func `a cloud without points is refused`() {
    #expect(throws: CloudError.empty) { try decode(#"{"points":[]}"#) }
  }

  @Test func `an attribute of another length is refused`() {
    #expect(throws: CloudError.attributeLength(attribute: "intensity", expected: 1, found: 2)) {
      try decode(#"{"points":[[1,2,3]],"attributes":{"intensity":[1,2]}}"#)
    }
    #expect(throws: CloudError.attributeLength(attribute: "red", expected: 1, found: 2)) {
      try decode(#"{"points":[[1,2,3]],"attributes":{"red":[1,2],"green":[1],"blue":[1]}}"#)
    }
  }

  @Test func `a number too large for a double is not finite`() {
    #expect(throws: CloudError.nonFinite(attribute: "x", pointIndex: 0)) {
      try decode(#"{"points":[[1e999,2,3]]}"#)
    }
  }

  @Test func `more points than allowed are refused`() {
    #expect(throws: CloudError.tooManyPoints(limit: 1, found: 2)) {
      try decode(#"{"points":[[1,2,3],[4,5,6]]}"#, maximumPointCount: 1)
    }
    #expect(throws: CloudError.tooManyPoints(limit: 1, found: 2)) {
      try decode(#"{"attributes":{"intensity":[1,2]}}"#, maximumPointCount: 1)
    }
  }
}
