import CKernels
import RandomNumbers
import Testing

/// Convolutions of images of every instruction set against the reference.
struct ConvolutionTests {
  static let localShapes: [ckernels_local_conv2d_shape] = [
    local(channels: 1, size: (1, 1), outputs: 1, kernel: (1, 1), stride: (1, 1), padding: (0, 0)),
    local(channels: 3, size: (9, 13), outputs: 4, kernel: (3, 3), stride: (1, 1), padding: (1, 1)),
    local(channels: 2, size: (12, 7), outputs: 3, kernel: (4, 2), stride: (2, 3), padding: (0, 2)),
    local(channels: 1, size: (3, 3), outputs: 2, kernel: (2, 2), stride: (1, 2), padding: (4, 5)),
    // Every size of a tile of output channels, and pixels whose vector begins inside a row.
    local(channels: 2, size: (5, 40), outputs: 15, kernel: (3, 3), stride: (1, 1), padding: (1, 1)),
    // Patches of which only few images fit in a cache; rows and columns that are skipped.
    local(
      channels: 31, size: (6, 7), outputs: 3, kernel: (3, 3), stride: (1, 1), padding: (-1, -1)),
  ]

  private static func local(
    channels: Int, size: (Int, Int), outputs: Int, kernel: (Int, Int), stride: (Int, Int),
    padding: (Int, Int)
  ) -> ckernels_local_conv2d_shape {
    ckernels_local_conv2d_shape(
      input_channels: channels, input_height: size.0, input_width: size.1, output_channels: outputs,
      output_height: (size.0 + 2 * padding.0 - kernel.0) / stride.0 + 1,
      output_width: (size.1 + 2 * padding.1 - kernel.1) / stride.1 + 1, kernel_height: kernel.0,
      kernel_width: kernel.1, stride_height: stride.0,
      stride_width: stride.1, padding_height: padding.0, padding_width: padding.1)
  }

  @Test(arguments: localShapes.indices, [0, 1, 5, 18])
  func `locally connected layers agree with the reference`(index: Int, images: Int) throws {
    var shape = Self.localShapes[index]
    let (height, width) = (shape.output_height, shape.output_width)
    let patch = shape.input_channels * shape.kernel_height * shape.kernel_width
    let outputCount = shape.output_channels * height * width
    var random = SeededGenerator(seed: UInt64(index))
    let filters = Memory(random.floats(outputCount * patch), offset: 1)
    let bias = Memory(random.floats(outputCount))
    let x = Memory(
      random.floats(images * shape.input_channels * shape.input_height * shape.input_width),
      offset: 1)

    func external(_ isa: String) throws -> [Float] {
      let y = Memory<Float>(count: images * outputCount, offset: 1)
      try InstructionSet.with(isa) {
        unsafe ckernels_local_conv2d_run_external(
          &shape, filters.pointer, bias.pointer, images, x.pointer, y.pointer)
      }
      #expect(y.isIntact)
      return y.values
    }
    func stored(_ isa: String) throws -> [Float] {
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_local_conv2d_create(&shape, filters.pointer, bias.pointer)
      }
      let layer = try unsafe #require(created)
      defer { unsafe ckernels_local_conv2d_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_local_conv2d_scratch_bytes(layer))
      let y = Memory<Float>(count: images * outputCount, offset: 1)
      unsafe ckernels_local_conv2d_run(layer, images, x.pointer, y.pointer, scratch.pointer)
      #expect(y.isIntact && scratch.isIntact)
      for image in 0..<images {
        let alone = Memory<Float>(count: outputCount, offset: 1)
        unsafe ckernels_local_conv2d_run(
          layer, 1, x.pointer + image * x.count / images, alone.pointer, scratch.pointer)
        let range = image * outputCount..<(image + 1) * outputCount
        #expect(isIdentical(alone.values, y.values[range]), "\(isa), image \(image)")
      }
      return y.values
    }

    let expected = try external("reference")
    for isa in InstructionSet.names {
      expectClose(try external(isa), expected, tolerance: 5e-6, "\(isa), external")
      expectClose(try stored(isa), expected, tolerance: 5e-6, "\(isa), stored")
    }
  }

  @Test(arguments: [0, 1, 2, 3]) func `convolutions agree with the reference`(index: Int) throws {
    // input, output, and kernel extents; stride, dilation, and padding of both axes
    let table = [
      (input: (7, 9), output: (5, 7), kernel: (3, 3), stride: 1, dilation: 1, padding: 0),
      (input: (8, 8), output: (4, 4), kernel: (3, 2), stride: 2, dilation: 1, padding: 1),
      (input: (12, 5), output: (12, 5), kernel: (3, 3), stride: 1, dilation: 2, padding: 2),
      (input: (1, 1), output: (1, 1), kernel: (1, 1), stride: 1, dilation: 1, padding: 0),
    ]
    let row = table[index]
    var random = SeededGenerator(seed: UInt64(index))
    let (images, channels, outputs) = (2, 5, 19)
    let weights = Memory(random.floats(row.kernel.0 * row.kernel.1 * channels * outputs))
    let bias = Memory(random.floats(outputs))
    let x = Memory(random.floats(images * row.input.0 * row.input.1 * channels))

    func run(_ isa: String) throws -> [Float] {
      var parameters = unsafe ckernels_conv2d_parameters(
        input_height: row.input.0, input_width: row.input.1, input_channels: channels,
        output_height: row.output.0, output_width: row.output.1, output_channels: outputs,
        kernel_height: row.kernel.0, kernel_width: row.kernel.1, stride_height: row.stride,
        stride_width: row.stride, dilation_height: row.dilation, dilation_width: row.dilation,
        padding_top: row.padding, padding_left: row.padding, weights: weights.pointer,
        bias: bias.pointer,
        activation: ckernels_activation(kind: CKERNELS_ACTIVATION_RELU, parameter: 0), scale: nil,
        shift: nil)
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_conv2d_create(&parameters)
      }
      let layer = try unsafe #require(created)
      defer { unsafe ckernels_conv2d_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_conv2d_scratch_bytes(layer))
      let y = Memory<Float>(count: images * row.output.0 * row.output.1 * outputs, offset: 1)
      unsafe ckernels_conv2d_run(layer, images, x.pointer, y.pointer, scratch.pointer)
      #expect(y.isIntact && scratch.isIntact)
      return y.values
    }

    let expected = try run("reference")
    for isa in InstructionSet.names {
      expectClose(try run(isa), expected, tolerance: 5e-6, isa)
    }
  }
}
