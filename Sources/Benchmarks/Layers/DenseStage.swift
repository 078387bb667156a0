import CKernels
import Layers

/// One product of a fused layer, run alone on tiles that stay in cache, as the fused layer runs it.
struct DenseStage: Sendable {
  private static let rowsPerTile = 48

  private let kernel: PackedKernel
  private let input: KernelMemory<Float>
  private let output: KernelMemory<Float>
  private let scratch: KernelMemory<Float>

  init(
    _ product: KPConvXWorkload.Product, _ activation: ckernels_activation,
    _ precision: ProductPrecision, case name: String
  ) throws(BenchmarkError) {
    let weights = KernelMemory(product.weights)
    let bias = KernelMemory(product.bias)
    // The kernel copies weights and bias during the call.
    let pointer = unsafe withExtendedLifetime((weights, bias)) { () -> OpaquePointer? in
      var parameters = unsafe ckernels_dense_parameters(
        input_width: product.inputWidth, output_width: product.outputWidth,
        weights: weights.pointer, bias: bias.pointer, activation: activation, scale: nil,
        shift: nil, precision: precision.kernelPrecision)
      return unsafe ckernels_dense_create(&parameters)
    }
    kernel = unsafe try PackedKernel(pointer, case: name) { unsafe ckernels_dense_destroy($0) }
    var random = SeededGenerator(seed: 2)
    input = KernelMemory(random.normals(Self.rowsPerTile * product.inputWidth))
    output = KernelMemory(count: Self.rowsPerTile * product.outputWidth)
    let scratchByteCount = unsafe ckernels_dense_scratch_bytes(kernel.pointer)
    scratch = KernelMemory(count: (scratchByteCount + 3) / 4)
  }

  /// Seconds for `rows` rows, tile by tile, on the calling thread.
  func seconds(rows: Int, _ clock: BenchmarkClock) -> Double {
    let start = clock.nanoseconds
    for begin in stride(from: 0, to: rows, by: Self.rowsPerTile) {
      // In bounds: both memories hold the rows of a tile.
      unsafe ckernels_dense_run(
        kernel.pointer, min(Self.rowsPerTile, rows - begin), input.pointer, output.pointer,
        scratch.pointer)
    }
    return Double(clock.nanoseconds - start) * 1e-9
  }
}
