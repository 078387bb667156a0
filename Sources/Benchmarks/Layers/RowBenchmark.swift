import CKernels
import Layers

/// A dense or an hourglass layer over many rows: names dense:rows/width/output and
/// hourglass:rows/width/hidden/output.
struct RowBenchmark: LayerBenchmark {
  let name: String
  let precision: ProductPrecision
  let floatingPointOperations: Double
  private let rows: Int
  private let kernel: PackedKernel
  private let isHourglass: Bool
  private let inputWidth: Int
  private let outputWidth: Int
  private let input: KernelMemory<Float>
  private let output: KernelMemory<Float>

  private static let rowsPerTile = 192

  /// Packs a layer.
  ///
  /// - Parameters:
  ///   - rows: at least 1.
  ///   - widths: those of the input, the hidden if there is one, and the output.
  ///   - precision: of the products.
  /// - Throws: `BenchmarkError.outOfMemory`.
  init(
    rows: Int, widths: [Int], _ precision: ProductPrecision
  ) throws(BenchmarkError) {
    isHourglass = widths.count == 3
    self.precision = precision
    self.rows = rows
    inputWidth = widths[0]
    outputWidth = widths[widths.count - 1]
    let sizes = ([rows] + widths).map { "\($0)" }.joined(separator: "/")
    name = (isHourglass ? "hourglass:" : "dense:") + sizes
    floatingPointOperations =
      Double(2 * rows) * Double(zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 })
    var random = SeededGenerator(seed: 3)
    let weights = zip(widths, widths.dropFirst()).map { from, to in
      KernelMemory(random.normals(from * to, deviation: 1 / Double(from).squareRoot()))
    }
    input = KernelMemory(random.normals(rows * widths[0]))
    output = KernelMemory(count: rows * outputWidth)
    kernel =
      try isHourglass
      ? Self.hourglass(name, widths, weights, precision)
      : Self.dense(name, widths, weights, precision)
  }

  private static let relu = ckernels_activation(kind: CKERNELS_ACTIVATION_RELU, parameter: 0)

  private static func dense(
    _ name: String, _ widths: [Int], _ weights: [KernelMemory<Float>],
    _ precision: ProductPrecision
  ) throws(BenchmarkError) -> PackedKernel {
    // The kernel copies the weights during the call.
    let pointer = unsafe withExtendedLifetime(weights) { () -> OpaquePointer? in
      var parameters = unsafe ckernels_dense_parameters(
        input_width: widths[0], output_width: widths[1], weights: weights[0].pointer, bias: nil,
        activation: relu, scale: nil, shift: nil, precision: precision.kernelPrecision)
      return unsafe ckernels_dense_create(&parameters)
    }
    return unsafe try PackedKernel(pointer, case: name) { unsafe ckernels_dense_destroy($0) }
  }

  private static func hourglass(
    _ name: String, _ widths: [Int], _ weights: [KernelMemory<Float>],
    _ precision: ProductPrecision
  ) throws(BenchmarkError) -> PackedKernel {
    // The kernel copies the weights during the call.
    let pointer = unsafe withExtendedLifetime(weights) { () -> OpaquePointer? in
      var parameters = unsafe ckernels_hourglass_parameters(
        input_width: widths[0], hidden_width: widths[1], output_width: widths[2],
        weights1: weights[0].pointer, weights2: weights[1].pointer, activation1: relu,
        activation2: relu, scale: nil, shift: nil, precision: precision.kernelPrecision)
      return unsafe ckernels_hourglass_create(&parameters)
    }
    return unsafe try PackedKernel(pointer, case: name) { unsafe ckernels_hourglass_destroy($0) }
  }

  var values: [Float] { output.values }

  func seconds(_ plan: PassPlan) throws(BenchmarkError) -> Double {
    let rowsPerTile = plan.threadCount == 1 ? rows : Self.rowsPerTile
    let scratchByteCount =
      unsafe isHourglass
      ? ckernels_hourglass_scratch_bytes(kernel.pointer)
      : ckernels_dense_scratch_bytes(kernel.pointer)
    let scratch = (0..<plan.threadCount).map { _ in
      KernelMemory<Float>(count: (scratchByteCount + 3) / 4)
    }
    return try TileSchedule.secondsPerPass(
      plan, tileCount: (rows + rowsPerTile - 1) / rowsPerTile
    ) { [self] tile, thread in
      let begin = tile * rowsPerTile
      let count = min(rowsPerTile, rows - begin)
      // In bounds: `begin + count` is at most the rows that both memories hold.
      let x = unsafe input.pointer + begin * inputWidth
      let y = unsafe output.pointer + begin * outputWidth
      if isHourglass {
        unsafe ckernels_hourglass_run(kernel.pointer, count, x, y, scratch[thread].pointer)
      } else {
        unsafe ckernels_dense_run(kernel.pointer, count, x, y, scratch[thread].pointer)
      }
    }
  }
}
