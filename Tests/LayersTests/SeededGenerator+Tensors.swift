import GoldenFiles
import RandomNumbers

extension SeededGenerator {
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
