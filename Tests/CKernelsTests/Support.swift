import CKernels
import RandomNumbers
import Testing

/// The instruction sets that this processor runs, selected for one thread, so that the tests of other
/// targets keep the one that they began with.
enum InstructionSet {
  /// Every name, the reference last.
  static var names: [String] {
    (0..<ckernels_available_isa_count()).map {
      unsafe String(cString: ckernels_available_isa_name($0))
    }
  }

  /// Runs `body` while `name` is selected; what it creates keeps that instruction set.
  static func with<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    try #require(unsafe ckernels_select_isa_for_thread(name))
    defer { _ = ckernels_select_isa_for_thread(nil) }
    return try body()
  }
}

extension SeededGenerator {
  /// `count` floats in `-scale ..< scale`.
  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in Float.random(in: -scale..<scale, using: &self) }
  }

  /// `count` indices in `0 ..< bound`.
  mutating func indices(_ count: Int, below bound: Int) -> [Int32] {
    (0..<count).map { _ in Int32(Int.random(in: 0..<bound, using: &self)) }
  }
}

/// Checks |a - b| <= tolerance * (1 + |b|), and NaN exactly where the expected value is NaN.
func expectClose(
  _ found: [Float], _ expected: [Float], tolerance: Float, _ comment: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, "\(comment)", sourceLocation: sourceLocation)
  var worst: (index: Int, error: Float) = (0, 0)
  for index in found.indices where found[index] != expected[index] {
    let (a, b) = (found[index], expected[index])
    if a.isNaN && b.isNaN { continue }
    let error = abs(a - b) / (1 + abs(b))
    // Written so that a NaN on one side only is the worst.
    if !(error <= worst.error) { worst = (index, error.isNaN ? .infinity : error) }
  }
  #expect(
    worst.error <= tolerance,
    "\(comment): [\(worst.index)] is \(found[worst.index]), not \(expected[worst.index])",
    sourceLocation: sourceLocation)
}

/// Whether two arrays hold the same bits.
func isIdentical(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Bool {
  a.map(\.bitPattern) == b.map(\.bitPattern)
}

/// Scratch memory of at least `byteCount` bytes, aligned to 64.
func makeScratch(_ byteCount: Int) -> Memory<Float> {
  Memory(count: (byteCount + 3) / 4)
}

let activationKinds: [ckernels_activation_kind] = [
  CKERNELS_ACTIVATION_IDENTITY, CKERNELS_ACTIVATION_RELU, CKERNELS_ACTIVATION_LEAKY_RELU,
  CKERNELS_ACTIVATION_SIGMOID, CKERNELS_ACTIVATION_TANH, CKERNELS_ACTIVATION_RELU6,
  CKERNELS_ACTIVATION_ELU, CKERNELS_ACTIVATION_GELU, CKERNELS_ACTIVATION_SILU,
  CKERNELS_ACTIVATION_SOFTPLUS,
]
