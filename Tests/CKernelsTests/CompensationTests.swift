import CKernels
import RandomNumbers
import Testing

/// How the weights of an hourglass of bfloat16 are rounded.
struct CompensationTests {
  /// A network of two products, as an hourglass and as two dense layers.
  private struct Network {
    static let rows = 512
    let inputWidth: Int
    let hiddenWidth: Int
    let outputWidth: Int
    let activation: ckernels_activation
    let x: Memory<Float>
    let weights1: Memory<Float>
    let weights2: Memory<Float>

    init(_ widths: [Int], activation: ckernels_activation_kind, weightScale: Float = 1) {
      (inputWidth, hiddenWidth, outputWidth) = (widths[0], widths[1], widths[2])
      self.activation = ckernels_activation(kind: activation, parameter: 0)
      var random = SeededGenerator(seed: 77)
      x = Memory(random.floats(Self.rows * inputWidth))
      weights1 = Memory(random.floats(inputWidth * hiddenWidth).map { $0 * weightScale })
      weights2 = Memory(random.floats(hiddenWidth * outputWidth))
    }

    func hourglass(_ precision: ckernels_precision) throws -> [Float] {
      var parameters = unsafe ckernels_hourglass_parameters(
        input_width: inputWidth, hidden_width: hiddenWidth, output_width: outputWidth,
        weights1: weights1.pointer, weights2: weights2.pointer, activation1: activation,
        activation2: Self.identity, scale: nil, shift: nil, precision: precision)
      let layer = try unsafe #require(ckernels_hourglass_create(&parameters))
      defer { unsafe ckernels_hourglass_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_hourglass_scratch_bytes(layer))
      let y = Memory<Float>(count: Self.rows * outputWidth)
      unsafe ckernels_hourglass_run(layer, Self.rows, x.pointer, y.pointer, scratch.pointer)
      return y.values
    }

    /// All four operands rounded to the nearest bfloat16.
    func denseLayers() throws -> [Float] {
      let hidden = try Self.dense(x, inputWidth, weights1, hiddenWidth, activation)
      return try Self.dense(hidden, hiddenWidth, weights2, outputWidth, Self.identity).values
    }

    private static let identity = ckernels_activation(
      kind: CKERNELS_ACTIVATION_IDENTITY, parameter: 0)

    private static func dense(
      _ x: Memory<Float>, _ inputWidth: Int, _ weights: Memory<Float>, _ outputWidth: Int,
      _ activation: ckernels_activation
    ) throws -> Memory<Float> {
      var parameters = unsafe ckernels_dense_parameters(
        input_width: inputWidth, output_width: outputWidth, weights: weights.pointer, bias: nil,
        activation: activation, scale: nil, shift: nil, precision: CKERNELS_PRECISION_BFLOAT16)
      let layer = try unsafe #require(ckernels_dense_create(&parameters))
      defer { unsafe ckernels_dense_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_dense_scratch_bytes(layer))
      let y = Memory<Float>(count: rows * outputWidth)
      unsafe ckernels_dense_run(layer, rows, x.pointer, y.pointer, scratch.pointer)
      return y
    }
  }

  /// The root mean square of the differences, relative to what is expected.
  private func deviation(_ found: [Float], _ expected: [Float]) -> Double {
    var (error, magnitude) = (0.0, 0.0)
    for (found, expected) in zip(found, expected) {
      error += Double(found - expected) * Double(found - expected)
      magnitude += Double(expected) * Double(expected)
    }
    return (error / magnitude).squareRoot()
  }

  @Test(
    arguments: [[64, 256, 64], [16, 64, 16], [3, 12, 5], [24, 96, 7]],
    [CKERNELS_ACTIVATION_RELU.rawValue, CKERNELS_ACTIVATION_IDENTITY.rawValue])
  func `weights that are rounded together lose less than each by itself`(
    widths: [Int], activation: UInt32
  ) throws {
    let network = Network(widths, activation: ckernels_activation_kind(activation))
    let expected = try network.hourglass(CKERNELS_PRECISION_FLOAT32)
    let together = try deviation(network.hourglass(CKERNELS_PRECISION_BFLOAT16), expected)
    let alone = try deviation(network.denseLayers(), expected)
    #expect(together < 3e-3)
    #expect(together < 0.9 * alone, "\(together) after \(alone)")
  }

  @Test(
    arguments: [
      // Wider than what is compensated, an activation without moments, and hidden values of zero.
      ([4, 1025, 3], CKERNELS_ACTIVATION_RELU.rawValue, 1),
      ([8, 32, 8], CKERNELS_ACTIVATION_TANH.rawValue, 1),
      ([8, 32, 8], CKERNELS_ACTIVATION_RELU.rawValue, 0),
    ] as [([Int], UInt32, Float)])
  func `other weights are rounded to the nearest`(
    widths: [Int], activation: UInt32, weightScale: Float
  ) throws {
    let network = Network(
      widths, activation: ckernels_activation_kind(activation), weightScale: weightScale)
    let found = try network.hourglass(CKERNELS_PRECISION_BFLOAT16)
    #expect(try isIdentical(found, network.denseLayers()))
  }

  @Test(arguments: [0x1p-100, 0x1p-60, 0x1p60, 0x1p120] as [Float])
  func `large and small weights are compensated as well`(weightScale: Float) throws {
    let network = Network(
      [16, 64, 16], activation: CKERNELS_ACTIVATION_RELU, weightScale: weightScale)
    let expected = try network.hourglass(CKERNELS_PRECISION_FLOAT32)
    let found = try network.hourglass(CKERNELS_PRECISION_BFLOAT16)
    #expect(deviation(found, expected) < 3e-3)
  }
}
