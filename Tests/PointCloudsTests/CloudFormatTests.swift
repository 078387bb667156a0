import PointClouds
import Testing

struct CloudFormatTests {
  @Test(arguments: [
    ("application/vnd.las", "LAS"), ("application/vnd.laz", "LAZ"), ("application/x-ply", "PLY"),
    ("text/csv", "text"), ("text/plain", "text"), ("application/x-npy", "NPY"),
    ("application/json", "JSON"), ("application/x-pcd", "PCD"),
  ])
  func `a media type names a format`(mediaType: String, name: String) {
    #expect(CloudFormat.format(mediaType: mediaType)?.name == name)
  }

  @Test(arguments: [
    ("las", "LAS"), ("LAZ", "LAZ"), ("ply", "PLY"), ("csv", "text"), ("xyz", "text"),
    ("npy", "NPY"), ("json", "JSON"), ("pcd", "PCD"),
  ])
  func `a file name extension names a format`(fileExtension: String, name: String) {
    #expect(CloudFormat.format(fileExtension: fileExtension)?.name == name)
  }

  @Test func `unknown names are no format`() {
    #expect(CloudFormat.format(mediaType: "image/png") == nil)
    #expect(CloudFormat.format(fileExtension: "") == nil)
  }

  @Test(arguments: [
    ("1 2 3\n", "text"), ("# comment", "text"), (" \n{\"points\":[]}", "JSON"),
    ("ply\nformat", "PLY"),
    ("ply\r\nformat", "PLY"), ("LASF", "LAS"), ("plywood", "text"),
    ("# .PCD v0.7", "PCD"), ("VERSION .7", "PCD"),
  ])
  func `content shows its format`(content: String, name: String) {
    #expect(CloudFormat.format(content: Array(content.utf8))?.name == name)
  }

  @Test func `binary content of no known kind is no format`() {
    #expect(CloudFormat.format(content: [0x89, 0x50, 0x4E, 0x47, 0, 0]) == nil)
    #expect(CloudFormat.format(content: []) == nil)
    #expect(CloudFormat.format(content: [0x93] + Array("NUMPY".utf8))?.name == "NPY")
  }

  @Test func `formats that are only read refuse to write`() throws {
    let json = try #require(CloudFormat.format(mediaType: "application/json"))
    #expect(!json.canEncode)
    let decoded = try json.decode(Array(#"{"points":[[1,2,3]]}"#.utf8))
    #expect(throws: CloudError.unsupported(format: "JSON", reason: "it can only be read")) {
      try json.encode(ClassifiedCloud(decoded, classes: [2]))
    }
  }

  @Test(arguments: ["LAS", "PLY", "PCD", "text"])
  func `what a format writes it reads again`(name: String) throws {
    let format = try #require(CloudFormat.all.first { $0.name == name })
    let cloud = try PointCloud(
      positions: [1.5, 2.25, 3, -4, 5.125, 6, 7, 8, 1e3],
      attributes: PointAttributes(
        intensity: [1, 2, 3], returnNumber: [1, 2, 1], numberOfReturns: [2, 2, 1],
        colors: [0, 257, 514, 771, 1028, 1285, 1542, 1799, 65535]))
    let written = try format.encode(
      ClassifiedCloud(DecodedCloud(cloud), classes: [2, 64, 6], confidence: [0.5, 0.25, 1]))
    let read = try format.decode(written.bytes).cloud
    #expect(read.attributes.classification == [2, 64, 6])
    for (found, expected) in zip(read.positions, cloud.positions) {
      #expect(abs(found - expected) <= 1e-4)
    }
    if name != "text" {
      #expect(read.attributes.intensity == cloud.attributes.intensity)
      #expect(read.attributes.returnNumber == cloud.attributes.returnNumber)
      #expect(read.attributes.numberOfReturns == cloud.attributes.numberOfReturns)
      #expect(read.attributes.colors == cloud.attributes.colors)
    }
  }

  @Test(arguments: [
    (CloudError.unrecognizedFormat(found: "image/png"), "no known point cloud format: image/png"),
    (.unsupported(format: "LAZ", reason: "why"), "LAZ is not supported here: why"),
    (
      .malformed(format: "LAS", at: .byte(94), field: "header size", expected: "227", found: "3"),
      "malformed LAS at byte 94: header size: expected 227, found 3"
    ),
    (
      .malformed(
        format: "text", at: .line(3, column: 5), field: "x", expected: "a number", found: "\"q\""),
      "malformed text at line 3, column 5: x: expected a number, found \"q\""
    ),
    (.tooManyPoints(limit: 5, found: 6), "6 points exceed the limit of 5"),
    (.empty, "the cloud has no points"),
    (.nonFinite(attribute: "z", pointIndex: 4), "z of point 4 is not finite"),
    (
      .attributeLength(attribute: "intensity", expected: 3, found: 2),
      "attribute intensity has 2 values for 3 points"
    ),
  ])
  func `an error says in a sentence what is wrong`(error: CloudError, sentence: String) {
    #expect(error.description == sentence)
  }
}
