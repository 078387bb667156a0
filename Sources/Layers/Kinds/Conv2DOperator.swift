import CKernels

/// The extents of a convolution of images.
struct ConvolutionGeometry: Hashable, Sendable {
  let input: Extents
  let output: Extents
  private(set) var kernel: Extents
  let strides: Extents
  let dilation: Extents
  /// Rows above and columns left of the image that the first output pixel reads; negative where
  /// shortening cut more than was padded.
  private(set) var padding: Extents

  /// - Returns: `nil` where the dilated kernel is larger than an image without padding.
  init?(
    input: Extents, kernel: Extents, strides: Extents, dilation: Extents, padsToSame: Bool
  ) {
    guard
      let vertical = Self.axis(
        input.height, kernel.height, strides.height, dilation.height, padsToSame),
      let horizontal = Self.axis(
        input.width, kernel.width, strides.width, dilation.width, padsToSame)
    else { return nil }
    self.input = input
    self.kernel = kernel
    self.strides = strides
    self.dilation = dilation
    output = Extents(height: vertical.output, width: horizontal.output)
    padding = Extents(height: vertical.padding, width: horizontal.padding)
  }

  /// The same output from the taps that are kept.
  func shortened(to taps: KernelShortening) -> ConvolutionGeometry {
    var result = self
    result.kernel = taps.extents
    result.padding.height -= taps.rows.lowerBound * dilation.height
    result.padding.width -= taps.columns.lowerBound * dilation.width
    return result
  }

  private static func axis(
    _ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ padsToSame: Bool
  ) -> (output: Int, padding: Int)? {
    let reach = (kernel - 1) * dilation + 1
    if padsToSame {
      let output = (input + stride - 1) / stride
      return (output, max(0, (output - 1) * stride + reach - input) / 2)
    }
    return reach <= input ? ((input - reach) / stride + 1, 0) : nil
  }
}

/// A convolution of images before packing.
struct Conv2DProduct: Sendable {
  let geometry: ConvolutionGeometry
  let inputChannels: Int
  let outputChannels: Int
  /// `[kernel height, kernel width, inputChannels, outputChannels]`.
  var weights: [Float]
  /// `[outputChannels]`.
  var bias: [Float]?
  let activation: ActivationFunction
  var affine: ChannelAffine

  func packed() throws(LayerError) -> KernelObject {
    var arena = WeightArena()
    let slots = (
      weights: arena.add(weights), bias: arena.add(bias), scale: arena.add(affine.kernelScale),
      shift: arena.add(affine.kernelShift)
    )
    let pointer = unsafe arena.withPointers { address in
      var parameters = unsafe ckernels_conv2d_parameters(
        input_height: geometry.input.height, input_width: geometry.input.width,
        input_channels: inputChannels, output_height: geometry.output.height,
        output_width: geometry.output.width, output_channels: outputChannels,
        kernel_height: geometry.kernel.height, kernel_width: geometry.kernel.width,
        stride_height: geometry.strides.height, stride_width: geometry.strides.width,
        dilation_height: geometry.dilation.height, dilation_width: geometry.dilation.width,
        padding_top: geometry.padding.height, padding_left: geometry.padding.width,
        weights: address(slots.weights), bias: slots.bias.map { unsafe address($0) },
        activation: activation.fusedOrIdentity, scale: slots.scale.map { unsafe address($0) },
        shift: slots.shift.map { unsafe address($0) })
      return unsafe ckernels_conv2d_create(&parameters)
    }
    return unsafe try KernelObject(pointer) { unsafe ckernels_conv2d_destroy($0) }
  }
}

struct Conv2DOperator: LayerOperator {
  private let product: Conv2DProduct
  private let kernel: KernelObject

  init(_ product: Conv2DProduct) throws(LayerError) {
    self.product = product
    kernel = try product.packed()
  }

  var output: TensorSpec {
    TensorSpec(
      .float32,
      extents: [
        nil, product.geometry.output.height, product.geometry.output.width,
        product.outputChannels,
      ])
  }

  var multiplyAddsPerPoint: Int {
    saturatingProduct(
      product.geometry.output.height, product.geometry.output.width, product.weights.count)
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    unsafe scratchFloats(bytes: ckernels_conv2d_scratch_bytes(kernel.pointer))
  }

  func forward(_ operands: borrowing Operands) {
    let images = operands.rows.count
    guard images > 0, let x = unsafe operands.inputFloats(0).baseAddress,
      let y = unsafe operands.outputFloats.baseAddress
    else { return }
    unsafe ckernels_conv2d_run(kernel.pointer, images, x, y, operands.scratchAddress)
    unsafe product.activation.applyUnfused(
      to: operands.outputFloats, width: product.outputChannels)
  }

  func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)? {
    guard product.activation.fused != nil else { return nil }
    var folded = product
    folded.affine = product.affine.followed(scale: scale, shift: shift)
    do { return try Conv2DOperator(folded) } catch { return nil }
  }
}
