import Layers
import Models
import Testing

/// Files under `Tests/Fixtures`, and models that are written for one test.
enum Fixtures {
  static let directory: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(2)
    return parts.joined(separator: "/") + "/Fixtures"
  }()

  static func safetensors(_ path: String) throws -> SafetensorsFile {
    try SafetensorsFile(
      parsing: FileSystem.contents(of: "\(directory)/\(path)", maximumByteCount: 1 << 24))
  }

  /// JSON text as a tree.
  static func json(_ text: String) throws -> ConfigValue { try JSONReader.read(text.utf8) }
}

extension HostTensor {
  /// The elements of a float tensor.
  var floats: [Float] {
    if case .float32(let values) = values { values } else { [] }
  }

  var bits: [UInt32] { floats.map(\.bitPattern) }
}

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
