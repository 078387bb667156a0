import CKernels

/// A locally connected layer of 3x3 filters on a square image: local:extent/input/output.
///
/// Every pixel has a filter of its own, so that reading the weights is the limit.
struct LocalConvolutionBenchmark: LayerBenchmark {
  let name: String
  let floatingPointOperations: Double
  let streamedByteCount: Double?
  private let kernel: PackedKernel
  private let input: KernelMemory<Float>
  private let output: KernelMemory<Float>

  /// Packs a layer for images of `extent` x `extent` pixels.
  ///
  /// - Throws: `BenchmarkError.outOfMemory`.
  init(extent: Int, inputChannels: Int, outputChannels: Int) throws(BenchmarkError) {
    name = "local:\(extent)/\(inputChannels)/\(outputChannels)"
    let pixels = extent * extent
    let weightCount = outputChannels * inputChannels * 9 * pixels
    floatingPointOperations = Double(2 * weightCount)
    streamedByteCount = Double(weightCount * MemoryLayout<Float>.stride)
    var shape = ckernels_local_conv2d_shape(
      input_channels: inputChannels, input_height: extent, input_width: extent,
      output_channels: outputChannels, output_height: extent, output_width: extent,
      kernel_height: 3, kernel_width: 3, stride_height: 1, stride_width: 1, padding_height: 1,
      padding_width: 1)
    let filters = KernelMemory<Float>(count: weightCount)
    // In bounds: there are that many weights. Cheap values, since there are many.
    for index in 0..<weightCount { unsafe filters.pointer[index] = Float(index % 17) * 0.01 - 0.08 }
    // The kernel copies the filters during the call.
    let pointer = unsafe withExtendedLifetime(filters) {
      unsafe ckernels_local_conv2d_create(&shape, filters.pointer, nil)
    }
    kernel = unsafe try PackedKernel(pointer, case: name) {
      unsafe ckernels_local_conv2d_destroy($0)
    }
    var random = SeededGenerator(seed: 4)
    input = KernelMemory(random.normals(inputChannels * pixels))
    output = KernelMemory(count: outputChannels * pixels)
  }

  var values: [Float] { output.values }

  /// The kernel takes whole images, so that one image occupies one thread however many there are.
  func seconds(_ plan: PassPlan) throws(BenchmarkError) -> Double {
    let scratch = KernelMemory<Float>(
      count: (unsafe ckernels_local_conv2d_scratch_bytes(kernel.pointer) + 3) / 4)
    var plan = plan
    plan.threadCount = 1
    return try TileSchedule.secondsPerPass(plan, tileCount: 1) {
      [self] _, _ in
      // In bounds: both memories hold one image.
      unsafe ckernels_local_conv2d_run(
        kernel.pointer, 1, input.pointer, output.pointer, scratch.pointer)
    }
  }
}
