import PointClouds
import Testing

struct PointCloudTests {
  @Test func `a cloud counts its points`() throws {
    #expect(try PointCloud(positions: [1, 2, 3, 4, 5, 6]).count == 2)
  }

  @Test func `a cloud without points is refused`() {
    #expect(throws: CloudError.empty) { try PointCloud(positions: []) }
  }

  @Test func `a part of a point is refused`() {
    #expect(throws: CloudError.attributeLength(attribute: "positions", expected: 6, found: 4)) {
      try PointCloud(positions: [1, 2, 3, 4])
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity], 0..<6)
  func `a coordinate that is not finite is refused`(value: Double, place: Int) {
    var positions: [Double] = [1, 2, 3, 4, 5, 6]
    positions[place] = value
    let expected = CloudError.nonFinite(
      attribute: ["x", "y", "z"][place % 3], pointIndex: place / 3)
    #expect(throws: expected) { try PointCloud(positions: positions) }
  }

  @Test(arguments: [
    (PointAttributes(intensity: [1]), "intensity", 2, 1),
    (PointAttributes(returnNumber: [1, 2, 3]), "return_number", 2, 3),
    (PointAttributes(numberOfReturns: []), "number_of_returns", 2, 0),
    (PointAttributes(classification: [1]), "classification", 2, 1),
    (PointAttributes(colors: [1, 2, 3, 4, 5]), "colors", 6, 5),
  ])
  func `an attribute of another length is refused`(
    attributes: PointAttributes, name: String, expected: Int, found: Int
  ) {
    #expect(
      throws: CloudError.attributeLength(attribute: name, expected: expected, found: found)
    ) {
      try PointCloud(positions: [1, 2, 3, 4, 5, 6], attributes: attributes)
    }
  }

  @Test func `an intensity that is not finite is refused`() {
    #expect(throws: CloudError.nonFinite(attribute: "intensity", pointIndex: 1)) {
      try PointCloud(
        positions: [1, 2, 3, 4, 5, 6], attributes: PointAttributes(intensity: [1, .nan]))
    }
  }
}
