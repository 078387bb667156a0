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
