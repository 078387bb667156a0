package import Layers

/// A tensor of a golden file, row-major.
package struct GoldenTensor: Sendable, Equatable {
  package let shape: [Int]
  /// The elements, empty for integers.
  package let floats: [Float]
  /// The elements, empty for floats.
  package let integers: [Int32]

  package init(shape: [Int], floats: [Float]) {
    self.shape = shape
    self.floats = floats
    integers = []
  }

  package init(shape: [Int], integers: [Int32]) {
    self.shape = shape
    floats = []
    self.integers = integers
  }

  /// Reads the elements that an entry of a safetensors header names.
  init(entry: [String: ConfigValue], data: ArraySlice<UInt8>) throws {
    let offsets = try (entry["data_offsets"] ?? .null).array.map { try $0.int }
    shape = try (entry["shape"] ?? .null).array.map { try $0.int }
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= data.count
    else { throw GoldenError("a tensor lies outside its file") }
    let start = data.startIndex
    let bytes = Array(data[(start + offsets[0])..<(start + offsets[1])])
    let words = stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { i in
      UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8 | UInt32(bytes[i + 2]) << 16
        | UInt32(bytes[i + 3]) << 24
    }
    switch entry["dtype"] {
    case .string("F32"):
      floats = words.map { Float(bitPattern: $0) }
      integers = []
    case .string("I32"):
      floats = []
      integers = words.map { Int32(bitPattern: $0) }
    default: throw GoldenError("a tensor is neither F32 nor I32")
    }
  }

  /// The tensor as a stored weight.
  package var weight: LayerWeights.Tensor { LayerWeights.Tensor(shape: shape, values: floats) }
}

/// Two numbers agree when |found − expected| ≤ absolute + relative · |expected|.
package struct GoldenTolerance: Sendable {
  package let relative: Double
  package let absolute: Double

  package init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// `nil` where all numbers agree, or a sentence about the worst one.
  package func disagreement(
    _ found: some Collection<some BinaryFloatingPoint>, _ expected: [Float]
  ) -> String? {
    guard found.count == expected.count else {
      return "\(found.count) numbers where \(expected.count) are expected"
    }
    var worst: (index: Int, excess: Double, found: Double)?
    for (index, pair) in zip(found, expected).enumerated() {
      let found = Double(pair.0)
      let expected = Double(pair.1)
      if found.isNaN && expected.isNaN { continue }
      let excess = abs(found - expected) - absolute - relative * abs(expected)
      // A NaN on one side compares as no excess, and must be the worst of all.
      let badness = excess.isNaN ? Double.infinity : excess
      if badness > worst?.excess ?? 0 { worst = (index, badness, found) }
    }
    guard let worst else { return nil }
    return
      "element \(worst.index) is \(worst.found), expected \(expected[worst.index]), beyond the "
      + "tolerance by \(worst.excess)"
  }
}
