/// A cloud with a class for every point, ready to be written.
package struct ClassifiedCloud: Sendable {
  /// The cloud as it was read.
  package private(set) var decoded: DecodedCloud
  /// `[points]`: class codes.
  package let classes: [UInt8]
  /// The names of the class codes.
  package let classNames: [UInt8: String]
  /// `[points]`: confidence in the class, 0 to 1, where it shall be written.
  package let confidence: [Float]?
  /// Probabilities of classes, where they shall be written.
  package let probabilities: ClassProbabilities?

  package var cloud: PointCloud { decoded.cloud }

  /// Gives away the file that the cloud came from.
  mutating func takeSource() -> DecodedCloud.Source {
    defer { decoded.source = .none }
    return decoded.source
  }

  package init(
    _ decoded: DecodedCloud, classes: [UInt8], classNames: [UInt8: String] = [:],
    confidence: [Float]? = nil, probabilities: ClassProbabilities? = nil
  ) {
    let count = decoded.cloud.count
    precondition(classes.count == count)
    precondition(confidence.map { $0.count == count } ?? true)
    precondition(probabilities.map { $0.values.count == count * $0.classes.count } ?? true)
    self.decoded = decoded
    self.classes = classes
    self.classNames = classNames
    self.confidence = confidence
    self.probabilities = probabilities
  }
}

/// The probability of each of some classes, for every point.
package struct ClassProbabilities: Sendable {
  /// The class codes of the columns.
  package let classes: [UInt8]
  /// `[points, classes]`, row-major, 0 to 1.
  package let values: [Float]

  package init(classes: [UInt8], values: [Float]) {
    self.classes = classes
    self.values = values
  }
}

/// The bytes of a written cloud.
package struct EncodedCloud: Sendable {
  package let bytes: [UInt8]
  /// How many points carry a substitute class because the format has no room for their own.
  package let substitutedClassCount: Int

  init(_ bytes: [UInt8], substitutedClassCount: Int = 0) {
    self.bytes = bytes
    self.substitutedClassCount = substitutedClassCount
  }
}
