/// What a cloud may tell about its points beside their positions; `nil` where it does not.
package struct PointAttributes: Sendable, Equatable {
  /// `[points]`: strength of the returned pulse, in the sensor's own unit.
  package var intensity: [Float]?
  /// `[points]`: which return of its pulse a point is, counted from 1.
  package var returnNumber: [UInt8]?
  /// `[points]`: how many returns the pulse of a point has.
  package var numberOfReturns: [UInt8]?
  /// `[points]`: class code, by the ASPRS LAS table unless the source says otherwise.
  package var classification: [UInt8]?
  /// `[points, 3]`, row-major: red, green, blue; 65535 is the brightest, as in LAS.
  package var colors: [UInt16]?

  package init(
    intensity: [Float]? = nil, returnNumber: [UInt8]? = nil, numberOfReturns: [UInt8]? = nil,
    classification: [UInt8]? = nil, colors: [UInt16]? = nil
  ) {
    self.intensity = intensity
    self.returnNumber = returnNumber
    self.numberOfReturns = numberOfReturns
    self.classification = classification
    self.colors = colors
  }

  /// Throws `CloudError.attributeLength` or `.nonFinite` for what does not fit `count` points.
  func check(count: Int) throws(CloudError) {
    try Self.check("intensity", intensity?.count, expected: count)
    try Self.check("return_number", returnNumber?.count, expected: count)
    try Self.check("number_of_returns", numberOfReturns?.count, expected: count)
    try Self.check("classification", classification?.count, expected: count)
    try Self.check("colors", colors?.count, expected: 3 * count)
    if let index = intensity?.firstNonFiniteIndex {
      throw .nonFinite(attribute: "intensity", pointIndex: index)
    }
  }

  private static func check(
    _ attribute: String, _ found: Int?, expected: Int
  ) throws(CloudError) {
    if let found, found != expected {
      throw .attributeLength(attribute: attribute, expected: expected, found: found)
    }
  }
}

extension Array where Element: BinaryFloatingPoint {
  /// The position of the first infinity or NaN.
  var firstNonFiniteIndex: Int? {
    // Zero times a finite number is zero; anything else leaves NaN in the sum. The sum has no
    // branch, so the usual case runs at the speed of memory.
    var sum: Element = 0
    for value in self { sum += value * 0 }
    return sum == 0 ? nil : firstIndex { !$0.isFinite }
  }
}
