import GoldenFiles

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Floats from -1 to 1.
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &self) }
  }

  /// A tensor of floats from -1 to 1.
  mutating func tensor(_ shape: Int...) -> GoldenTensor {
    GoldenTensor(shape: shape, floats: floats(shape.reduce(1, *)))
  }

  /// A tensor of indices below `count`.
  mutating func indices(below count: Int, _ shape: Int...) -> GoldenTensor {
    GoldenTensor(
      shape: shape,
      integers: (0..<shape.reduce(1, *)).map { _ in
        Int32.random(in: 0..<Int32(count), using: &self)
      })
  }
}
