import CKernels
import RandomNumbers
import Testing

/// Dense layers and hourglasses of every instruction set against the reference.
struct DenseTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var rows: Int
    var inputWidth: Int
    var hiddenWidth: Int
    var outputWidth: Int
    var testDescription: String { "\(rows) rows, \(inputWidth) → \(hiddenWidth) → \(outputWidth)" }
  }

  static let shapes: [Shape] = [
    Shape(rows: 1, inputWidth: 1, hiddenWidth: 1, outputWidth: 1),
    Shape(rows: 5, inputWidth: 3, hiddenWidth: 7, outputWidth: 17),
    Shape(rows: 48, inputWidth: 64, hiddenWidth: 256, outputWidth: 64),
    Shape(rows: 49, inputWidth: 65, hiddenWidth: 33, outputWidth: 65),
    Shape(rows: 100, inputWidth: 17, hiddenWidth: 96, outputWidth: 3),
    Shape(rows: 7, inputWidth: 32, hiddenWidth: 3000, outputWidth: 31),
    Shape(rows: 0, inputWidth: 4, hiddenWidth: 4, outputWidth: 4),
  ]

  /// The operands of one case; NaN and infinities in some rows.
  private struct Operands {
    let shape: Shape
    let x: Memory<Float>
    let weights: Memory<Float>
    let weights1: Memory<Float>
    let weights2: Memory<Float>
    let bias: Memory<Float>
    let scale: Memory<Float>
    let shift: Memory<Float>

    init(_ shape: Shape, seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      self.shape = shape
      var rows = random.floats(shape.rows * shape.inputWidth)
      if shape.rows > 4 {
        rows[2 * shape.inputWidth] = .nan
        rows[3 * shape.inputWidth] = .infinity
      }
      x = Memory(rows, offset: 1)
      weights = Memory(random.floats(shape.inputWidth * shape.outputWidth, scale: 0.5), offset: 3)
      weights1 = Memory(random.floats(shape.inputWidth * shape.hiddenWidth, scale: 0.5))
      weights2 = Memory(random.floats(shape.hiddenWidth * shape.outputWidth, scale: 0.1))
      bias = Memory(random.floats(shape.outputWidth))
      scale = Memory(random.floats(shape.outputWidth))
      shift = Memory(random.floats(shape.outputWidth))
    }

    /// The result for all rows, having checked that each row alone gives the same bits.
    func dense(
      _ isa: String, activation: ckernels_activation_kind, isAffine: Bool,
      precision: ckernels_precision = CKERNELS_PRECISION_FLOAT32
    ) throws -> [Float] {
      var parameters = unsafe ckernels_dense_parameters(
        input_width: shape.inputWidth, output_width: shape.outputWidth, weights: weights.pointer,
        bias: isAffine ? bias.pointer : nil,
        activation: ckernels_activation(kind: activation, parameter: 0.3),
        scale: isAffine ? scale.pointer : nil, shift: isAffine ? shift.pointer : nil,
        precision: precision)
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_dense_create(&parameters)
      }
      let layer = try unsafe #require(created)
      defer { unsafe ckernels_dense_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_dense_scratch_bytes(layer))
      let y = unsafe run { rows, x, y in
        unsafe ckernels_dense_run(layer, rows, x, y, scratch.pointer)
      }
      #expect(scratch.isIntact)
      return y
    }

    func hourglass(
      _ isa: String, activation: ckernels_activation_kind,
      precision: ckernels_precision = CKERNELS_PRECISION_FLOAT32
    ) throws -> [Float] {
      var parameters = unsafe ckernels_hourglass_parameters(
        input_width: shape.inputWidth, hidden_width: shape.hiddenWidth,
        output_width: shape.outputWidth, weights1: weights1.pointer, weights2: weights2.pointer,
        activation1: ckernels_activation(kind: activation, parameter: 0.3),
        activation2: ckernels_activation(kind: CKERNELS_ACTIVATION_RELU, parameter: 0),
        scale: scale.pointer, shift: nil, precision: precision)
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_hourglass_create(&parameters)
      }
      let layer = try unsafe #require(created)
      defer { unsafe ckernels_hourglass_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_hourglass_scratch_bytes(layer))
      let y = unsafe run { rows, x, y in
        unsafe ckernels_hourglass_run(layer, rows, x, y, scratch.pointer)
      }
      #expect(scratch.isIntact)
      return y
    }

    private func run(
      _ body: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) -> [Float] {
      let y = Memory<Float>(count: shape.rows * shape.outputWidth, offset: 1)
      unsafe body(shape.rows, x.pointer, y.pointer)
      #expect(y.isIntact)
      let all = y.values
      for row in stride(from: 0, to: shape.rows, by: 5) {
        let alone = Memory<Float>(count: shape.outputWidth)
        unsafe body(1, x.pointer + row * shape.inputWidth, alone.pointer)
        let range = row * shape.outputWidth..<(row + 1) * shape.outputWidth
        #expect(isIdentical(alone.values, all[range]), "row \(row)")
      }
      return all
    }
  }

  @Test(arguments: shapes) func `dense layers agree with the reference`(shape: Shape) throws {
    for (index, kind) in activationKinds.enumerated() {
      let operands = Operands(shape, seed: UInt64(index))
      let isAffine = index % 2 == 0
      let expected = try operands.dense("reference", activation: kind, isAffine: isAffine)
      for isa in InstructionSet.names {
        let found = try operands.dense(isa, activation: kind, isAffine: isAffine)
        expectClose(found, expected, tolerance: 5e-6, "\(isa), activation \(kind.rawValue)")
      }
    }
  }

  @Test(arguments: shapes) func `hourglasses agree with the reference`(shape: Shape) throws {
    for kind in [CKERNELS_ACTIVATION_RELU, CKERNELS_ACTIVATION_TANH] {
      let operands = Operands(shape, seed: 99)
      let expected = try operands.hourglass("reference", activation: kind)
      for isa in InstructionSet.names {
        let found = try operands.hourglass(isa, activation: kind)
        expectClose(found, expected, tolerance: 2e-5, "\(isa), activation \(kind.rawValue)")
      }
    }
  }

  @Test(arguments: shapes) func `dense layers of bfloat16 agree with the reference`(
    shape: Shape
  ) throws {
    for (index, kind) in activationKinds.enumerated() {
      let operands = Operands(shape, seed: UInt64(index))
      let isAffine = index % 2 == 0
      let expected = try operands.dense(
        "reference", activation: kind, isAffine: isAffine, precision: CKERNELS_PRECISION_BFLOAT16)
      for isa in InstructionSet.names {
        let found = try operands.dense(
          isa, activation: kind, isAffine: isAffine, precision: CKERNELS_PRECISION_BFLOAT16)
        expectClose(found, expected, tolerance: 5e-6, "\(isa), activation \(kind.rawValue)")
      }
    }
  }

  /// Another rounding of a sum may move a hidden value to the next bfloat16, by 2^-8 of it.
  @Test(arguments: shapes) func `hourglasses of bfloat16 agree with the reference`(
    shape: Shape
  ) throws {
    for kind in [CKERNELS_ACTIVATION_RELU, CKERNELS_ACTIVATION_TANH] {
      let operands = Operands(shape, seed: 99)
      let precision = CKERNELS_PRECISION_BFLOAT16
      let expected = try operands.hourglass("reference", activation: kind, precision: precision)
      for isa in InstructionSet.names {
        let found = try operands.hourglass(isa, activation: kind, precision: precision)
        expectClose(found, expected, tolerance: 2e-3, "\(isa), activation \(kind.rawValue)")
      }
    }
  }

  @Test(arguments: shapes) func `instructions for bfloat16 change no bit`(shape: Shape) throws {
    let operands = Operands(shape, seed: 5)
    // The reference sums in float64.
    let results = try InstructionSet.names.dropLast().map { isa in
      try operands.dense(
        isa, activation: CKERNELS_ACTIVATION_LEAKY_RELU, isAffine: false,
        precision: CKERNELS_PRECISION_BFLOAT16)
    }
    for (isa, result) in zip(InstructionSet.names, results) {
      expectClose(result, results[0], tolerance: 0, isa)
    }
  }

  @Test func `operands are rounded to the nearest bfloat16, ties to even`() throws {
    // A float32 and the bits of the bfloat16 nearest to it.
    let cases: [(Float, UInt16)] = [
      (1, 0x3f80), (-2, 0xc000), (0, 0), (-0.0, 0x8000),
      // Just below, at, and just above the middle of 1 and the next one.
      (0x1.00fffep0, 0x3f80), (0x1.01p0, 0x3f80), (0x1.010002p0, 0x3f81),
      // Ties go to even, also where that is up and where it changes the exponent.
      (0x1.03p0, 0x3f82), (-0x1.03p0, 0xbf82), (0x1.ffp0, 0x4000), (0x1.fefffep0, 0x3fff),
      // The largest bfloat16, and what lies nearer to infinity.
      (0x1.fep127, 0x7f7f), (.greatestFiniteMagnitude, 0x7f80), (-.infinity, 0xff80),
      // The least normal number, and subnormal ones.
      (0x1p-126, 0x0080), (.leastNormalMagnitude.nextDown, 0), (-.leastNonzeroMagnitude, 0x8000),
    ]
    let weights = Memory([1, 1] as [Float])
    for isa in InstructionSet.names {
      for (value, bits) in cases {
        let expected = Float(bitPattern: UInt32(bits) << 16)
        // As the first and as the second value of a pair, and as a weight.
        for x in [[value, 0], [0, value]] {
          #expect(try Self.product(x, weights, isa) == expected, "\(isa): \(value)")
        }
        let weight = Memory([value, 0])
        #expect(try Self.product([1, 1], weight, isa) == expected, "\(isa): \(value)")
      }
      for value in [Float.nan, Float(bitPattern: 0x7f80_0001), Float(bitPattern: 0xffff_ffff)] {
        #expect(try Self.product([value, 0], weights, isa).isNaN, "\(isa)")
      }
    }
  }

  /// x `[width]` @ weights `[width, 1]`, both rounded to bfloat16.
  private static func product(
    _ x: [Float], _ weights: Memory<Float>, _ isa: String
  ) throws -> Float {
    var parameters = unsafe ckernels_dense_parameters(
      input_width: x.count, output_width: 1, weights: weights.pointer, bias: nil,
      activation: ckernels_activation(kind: CKERNELS_ACTIVATION_IDENTITY, parameter: 0),
      scale: nil, shift: nil, precision: CKERNELS_PRECISION_BFLOAT16)
    let created = try unsafe InstructionSet.with(isa) { unsafe ckernels_dense_create(&parameters) }
    let layer = try unsafe #require(created)
    defer { unsafe ckernels_dense_destroy(layer) }
    let scratch = unsafe makeScratch(ckernels_dense_scratch_bytes(layer))
    var y: Float = 0
    unsafe ckernels_dense_run(layer, 1, x, &y, scratch.pointer)
    return y
  }
}
