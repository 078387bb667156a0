import Models
import TestModels
import Testing

/// Compares with a golden tensor: |found − expected| ≤ absolute + relative · |expected|.
func expectClose(
  _ found: HostTensor, _ expected: HostTensor, absolute: Double, relative: Double,
  _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.shape == expected.shape, "\(comment)", sourceLocation: sourceLocation)
  guard found.floats.count == expected.floats.count else { return }
  var worst = (index: 0, excess: -Double.infinity)
  for (index, pair) in zip(found.floats, expected.floats).enumerated() {
    let difference = abs(Double(pair.0) - Double(pair.1))
    let excess = difference - absolute - relative * abs(Double(pair.1))
    if !(excess <= worst.excess) { worst = (index, excess) }
  }
  guard !found.floats.isEmpty else { return }
  #expect(
    worst.excess <= 0,
    "\(comment) element \(worst.index): \(found.floats[worst.index]) for \(expected.floats[worst.index])",
    sourceLocation: sourceLocation)
}

/// The root mean square of found − expected, relative to that of expected.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
  precondition(found.count == expected.count)
  var (error, magnitude) = (0.0, 0.0)
  for (a, b) in zip(found, expected) {
    error += (Double(a) - Double(b)) * (Double(a) - Double(b))
    magnitude += Double(b) * Double(b)
  }
  return error == 0 ? 0 : (error / magnitude).squareRoot()
}
