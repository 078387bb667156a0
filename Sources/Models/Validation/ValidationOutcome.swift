import Layers

/// How far one output of one case is from the stored answer.
package struct ValidationOutcome: Sendable, Hashable {
  package let caseName: String
  package let output: String
  /// The elements that were compared.
  package let elementCount: Int
  /// The largest |found − expected|; NaN if an element is.
  package let largestDifference: Double
  /// The largest |found − expected| as a multiple of what its element's tolerance allows.
  package let largestShare: Double
  /// The element with the largest share.
  package let worstIndex: Int
  package let worstFound: Double
  package let worstExpected: Double

  /// Whether every element is within the tolerance.
  package var passes: Bool { largestShare <= 1 }
}

extension ValidationFile {
  /// Asks the model every stored question again.
  ///
  /// - Parameter plan: the plan that the file was read for.
  /// - Returns: an outcome for each stored output of each case.
  /// - Throws: `ValidationError.output` for answers of another shape or type.
  package func replay(
    through plan: ExecutablePlan
  ) throws(ValidationError) -> [ValidationOutcome] {
    var workspace = Workspace()
    var outcomes: [ValidationOutcome] = []
    for stored in cases {
      let outputs = plan.run([stored.request], in: &workspace)[0]
      for (index, tensor) in stored.expected {
        outcomes.append(
          try compare(
            outputs[index], with: tensor, caseName: stored.name, output: plan.outputs[index].name))
      }
    }
    return outcomes
  }

  private func compare(
    _ found: HostTensor, with expected: HostTensor, caseName: String, output: String
  ) throws(ValidationError) -> ValidationOutcome {
    guard found.shape == expected.shape,
      found.values.elementType == expected.values.elementType
    else {
      throw .output(
        caseName: caseName, output: output, expected: Self.summary(of: expected),
        found: Self.summary(of: found))
    }
    let isExact = found.values.elementType == .int32
    var largestDifference = 0.0
    var worst = (share: 0.0, index: 0)
    let (foundValues, expectedValues) = (found.values.numbers, expected.values.numbers)
    for (index, pair) in zip(foundValues, expectedValues).enumerated() {
      let difference = pair.0 == pair.1 ? 0 : abs(pair.0 - pair.1)
      let allowed =
        isExact ? 0 : absoluteTolerance + relativeTolerance * abs(pair.1)
      let share = difference == 0 ? 0 : difference / allowed
      // Not the other way round: a NaN has to become the worst and to stay it.
      if !(difference <= largestDifference) { largestDifference = difference }
      if !(share <= worst.share) { worst = (share, index) }
      if share.isNaN { break }
    }
    return ValidationOutcome(
      caseName: caseName, output: output, elementCount: foundValues.count,
      largestDifference: largestDifference, largestShare: worst.share, worstIndex: worst.index,
      worstFound: foundValues.isEmpty ? 0 : foundValues[worst.index],
      worstExpected: expectedValues.isEmpty ? 0 : expectedValues[worst.index])
  }

  private static func summary(of tensor: HostTensor) -> String {
    "\(tensor.values.elementType == .float32 ? "floating" : "integer") values \(tensor.shape)"
  }
}

extension HostTensor.Values {
  /// The elements as float64, exactly.
  fileprivate var numbers: [Double] {
    switch self {
    case .float32(let values): values.map(Double.init)
    case .int32(let values): values.map(Double.init)
    }
  }
}
