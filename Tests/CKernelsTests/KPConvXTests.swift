import CKernels
import RandomNumbers
import Testing

/// KPConvX blocks of every instruction set against the reference.
struct KPConvXTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var rows = 60
    var neighborCount = 16
    var width: Int
    var hiddenWidth: Int
    var groupSize: Int
    var kernelPointCount = 19
    var dimensionCount = 3
    var blockCount = 1
    /// Coordinates and kernel points on a grid on which distances tie exactly.
    var isOnGrid = false
    /// An input value that is NaN, or nil.
    var notANumber: Int?
    var testDescription: String {
      "\(rows)/\(neighborCount)/\(width)/\(hiddenWidth), groups of \(groupSize), "
        + "\(kernelPointCount) kernel points in \(dimensionCount)-D, \(blockCount) blocks"
        + (isOnGrid ? ", ties" : "") + (notANumber == nil ? "" : ", NaN")
    }
  }

  static let shapes: [Shape] = [
    Shape(width: 32, hiddenWidth: 128, groupSize: 8),
    Shape(width: 64, hiddenWidth: 256, groupSize: 8),
    Shape(width: 96, hiddenWidth: 384, groupSize: 8, blockCount: 2),
    Shape(width: 128, hiddenWidth: 130, groupSize: 8, kernelPointCount: 21),
    Shape(rows: 1, neighborCount: 1, width: 1, hiddenWidth: 1, groupSize: 1, kernelPointCount: 1),
    Shape(neighborCount: 21, width: 72, hiddenWidth: 16, groupSize: 8),
    Shape(neighborCount: 1, width: 3, hiddenWidth: 5, groupSize: 1, blockCount: 3),
    Shape(neighborCount: 5, width: 3, hiddenWidth: 2, groupSize: 3, dimensionCount: 2),
    Shape(neighborCount: 17, width: 17, hiddenWidth: 65, groupSize: 17),
    Shape(neighborCount: 64, width: 17, hiddenWidth: 9, groupSize: 1, kernelPointCount: 40),
    Shape(neighborCount: 33, width: 65, hiddenWidth: 65, groupSize: 5),
    Shape(neighborCount: 3, width: 65, hiddenWidth: 12, groupSize: 13, dimensionCount: 8),
    Shape(neighborCount: 32, width: 48, hiddenWidth: 64, groupSize: 6, dimensionCount: 5),
    Shape(neighborCount: 16, width: 200, hiddenWidth: 40, groupSize: 2, kernelPointCount: 5),
    Shape(rows: 3, neighborCount: 600, width: 8, hiddenWidth: 8, groupSize: 2, dimensionCount: 1),
    Shape(neighborCount: 0, width: 8, hiddenWidth: 8, groupSize: 2),
    Shape(width: 16, hiddenWidth: 32, groupSize: 4, isOnGrid: true),
    Shape(neighborCount: 7, width: 6, hiddenWidth: 8, groupSize: 2, isOnGrid: true),
    Shape(width: 24, hiddenWidth: 8, groupSize: 8, notANumber: 100),
  ]

  /// The operands of one case.
  private struct Operands {
    let shape: Shape
    let x: Memory<Float>
    let f: Memory<Float>
    let neighbors: Memory<Int32>
    let kernelPoints: Memory<Float>
    let weights: [Memory<Float>]

    init(_ shape: Shape, seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      let (width, hidden, blocks) = (shape.width, shape.hiddenWidth, shape.blockCount)
      let modulations = shape.kernelPointCount * width / shape.groupSize
      self.shape = shape
      let grid: (Float) -> Float = { shape.isOnGrid ? ($0 * 4).rounded() / 4 : $0 }
      x = Memory(random.floats(shape.rows * shape.dimensionCount).map(grid), offset: 1)
      kernelPoints = Memory(
        random.floats(shape.kernelPointCount * shape.dimensionCount).map(grid))
      var features = random.floats(shape.rows * width)
      if let index = shape.notANumber { features[index] = .nan }
      f = Memory(features, offset: 1)
      neighbors = Memory(random.indices(shape.rows * shape.neighborCount, below: shape.rows))
      let bound = 1 / Float(width).squareRoot()
      weights = [
        Memory(random.floats(blocks * shape.kernelPointCount * width)),
        Memory(random.floats(blocks * width * width, scale: bound)),
        Memory(random.floats(blocks * width)),
        Memory(random.floats(blocks * width * modulations, scale: bound)),
        Memory(random.floats(blocks * modulations)),
        Memory(random.floats(blocks * width * hidden, scale: bound)),
        Memory(random.floats(blocks * hidden)),
        Memory(random.floats(blocks * hidden * width, scale: 1 / Float(hidden).squareRoot())),
        Memory(random.floats(blocks * width)),
      ]
    }

    /// The result for all rows, having checked that single rows and ranges give the same bits.
    func run(
      _ isa: String, activation: ckernels_activation_kind,
      precision: ckernels_precision = CKERNELS_PRECISION_FLOAT32
    ) throws -> [Float] {
      var parameters = unsafe ckernels_kpconvx_parameters(
        block_count: shape.blockCount, input_width: shape.width, hidden_width: shape.hiddenWidth,
        group_size: shape.groupSize, kernel_point_count: shape.kernelPointCount,
        dimension_count: shape.dimensionCount, influence_distance: 0.9,
        activation: ckernels_activation(kind: activation, parameter: 0.3),
        kernel_points: kernelPoints.pointer, kernel_weights: weights[0].pointer,
        alpha_weights: weights[1].pointer, alpha_bias: weights[2].pointer,
        modulation_weights: weights[3].pointer, modulation_bias: weights[4].pointer,
        up_weights: weights[5].pointer, up_bias: weights[6].pointer,
        down_weights: weights[7].pointer, down_bias: weights[8].pointer, precision: precision)
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_kpconvx_create(&parameters)
      }
      let layer = try unsafe #require(created)
      defer { unsafe ckernels_kpconvx_destroy(layer) }
      let scratch = unsafe makeScratch(
        ckernels_kpconvx_scratch_bytes(layer, shape.rows, shape.neighborCount))
      let y = Memory<Float>(count: shape.rows * shape.width, offset: 1)
      unsafe ckernels_kpconvx_run(
        layer, shape.rows, shape.neighborCount, x.pointer, f.pointer, neighbors.pointer, y.pointer,
        scratch.pointer)
      #expect(y.isIntact && scratch.isIntact)
      if shape.blockCount == 1 { try unsafe checkRanges(of: layer, y.values, isa) }
      return y.values
    }

    private func checkRanges(of layer: OpaquePointer, _ all: [Float], _ isa: String) throws {
      let scratch = unsafe makeScratch(
        ckernels_kpconvx_rows_scratch_bytes(layer, shape.neighborCount))
      for step in [1, 7, 50] {
        let y = Memory<Float>(count: shape.rows * shape.width)
        for begin in stride(from: 0, to: shape.rows, by: step) {
          unsafe ckernels_kpconvx_run_rows(
            layer, 0, begin, min(begin + step, shape.rows), shape.neighborCount, x.pointer,
            f.pointer, neighbors.pointer, y.pointer, scratch.pointer)
        }
        #expect(y.isIntact && scratch.isIntact)
        #expect(isIdentical(y.values, all), "\(isa), \(step) rows at a time")
      }
    }
  }

  @Test(arguments: shapes) func `blocks agree with the reference`(shape: Shape) throws {
    let operands = Operands(shape, seed: 7)
    let kinds = [CKERNELS_ACTIVATION_LEAKY_RELU, CKERNELS_ACTIVATION_GELU]
    for kind in shape.width > 64 ? [kinds[0]] : kinds {
      let expected = try operands.run("reference", activation: kind)
      for isa in InstructionSet.names {
        let found = try operands.run(isa, activation: kind)
        expectClose(found, expected, tolerance: 3e-5, "\(isa), activation \(kind.rawValue)")
      }
    }
  }

  /// Another rounding of a sum may move an operand to the next bfloat16, by 2^-8 of it.
  @Test(arguments: shapes) func `blocks of bfloat16 agree with the reference`(
    shape: Shape
  ) throws {
    let operands = Operands(shape, seed: 7)
    let precision = CKERNELS_PRECISION_BFLOAT16
    for kind in [CKERNELS_ACTIVATION_LEAKY_RELU, CKERNELS_ACTIVATION_GELU] {
      let expected = try operands.run("reference", activation: kind, precision: precision)
      for isa in InstructionSet.names {
        let found = try operands.run(isa, activation: kind, precision: precision)
        expectClose(found, expected, tolerance: 1e-2, "\(isa), activation \(kind.rawValue)")
        // That is rare: few values differ by more than sums in another order do.
        let distant = zip(found, expected).count { abs($0 - $1) > 1e-4 * (1 + abs($1)) }
        #expect(distant <= 8 + found.count / 10, "\(isa), activation \(kind.rawValue)")
      }
    }
  }

  @Test func `random shapes agree with the reference`() throws {
    var random = SeededGenerator(seed: 2024)
    for seed in 0..<25 {
      let groupSize = Int.random(in: 1...12, using: &random)
      let shape = Shape(
        rows: Int.random(in: 1...60, using: &random),
        neighborCount: Int.random(in: 1...40, using: &random),
        width: groupSize * Int.random(in: 1...max(1, 70 / groupSize), using: &random),
        hiddenWidth: Int.random(in: 1...100, using: &random), groupSize: groupSize,
        kernelPointCount: Int.random(in: 1...30, using: &random),
        dimensionCount: Int.random(in: 1...4, using: &random),
        blockCount: Int.random(in: 1...2, using: &random))
      let operands = Operands(shape, seed: UInt64(seed))
      let kind = CKERNELS_ACTIVATION_LEAKY_RELU
      let expected = try operands.run("reference", activation: kind)
      for isa in InstructionSet.names {
        let found = try operands.run(isa, activation: kind)
        expectClose(found, expected, tolerance: 3e-5, "\(isa), \(shape.testDescription)")
      }
    }
  }
}
