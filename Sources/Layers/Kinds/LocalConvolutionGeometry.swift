import CKernels

/// The extents of a locally connected convolution.
struct LocalConvolutionGeometry: Hashable, Sendable {
  let inputChannels: Int
  let outputChannels: Int
  let input: Extents
  let output: Extents
  private(set) var kernel: Extents
  let stride: Extents
  /// Rows above and columns left of the image that the first output pixel reads; negative where
  /// shortening cut more than was padded.
  private(set) var padding: Extents

  init(from reader: inout ConfigReader) throws(ConfigurationError) {
    inputChannels = try reader.integer("in_channels")
    outputChannels = try reader.integer("out_channels")
    input = Extents(
      height: try reader.integer("in_height"), width: try reader.integer("in_width"))
    kernel = try reader.pair("kernel_size")
    let one = Extents(height: 1, width: 1)
    stride = try reader.pair("stride", default: one)
    padding = try reader.pair(
      "padding", default: Extents(height: 0, width: 0), in: 0...ConfigReader.extentLimit)
    let padded = Extents(
      height: input.height + 2 * padding.height, width: input.width + 2 * padding.width)
    guard kernel.height <= padded.height, kernel.width <= padded.width else {
      throw reader.invalid(
        "kernel_size",
        expected: "at most the padded input's extents [\(padded.height), \(padded.width)]")
    }
    output = Extents(
      height: (padded.height - kernel.height) / stride.height + 1,
      width: (padded.width - kernel.width) / stride.width + 1)
    guard outputSpec.rowWidth != nil else {
      throw reader.invalid("out_channels", expected: "small enough for the output's pixels")
    }
  }

  /// The same output from the taps that are kept.
  func shortened(to taps: KernelShortening) -> LocalConvolutionGeometry {
    var result = self
    result.kernel = taps.extents
    result.padding.height -= taps.rows.lowerBound
    result.padding.width -= taps.columns.lowerBound
    return result
  }

  /// P.
  var outputPixelCount: Int { output.height * output.width }

  /// The elements of one receptive field: channels · kernel height · kernel width.
  var patchLength: Int { inputChannels * kernel.height * kernel.width }

  /// `[output channels, patch, P]`.
  var filterShape: [Int] { [outputChannels, patchLength, outputPixelCount] }

  /// `[output channels, P]`.
  var biasShape: [Int] { [outputChannels, outputPixelCount] }

  /// Channels, height, and width of an image.
  var imageExtents: [Int] { [inputChannels, input.height, input.width] }

  var outputSpec: TensorSpec {
    TensorSpec(.float32, extents: [nil, outputChannels, output.height, output.width])
  }

  /// For one image.
  var multiplyAdds: Int { saturatingProduct(outputChannels, patchLength, outputPixelCount) }

  var kernelShape: ckernels_local_conv2d_shape {
    ckernels_local_conv2d_shape(
      input_channels: inputChannels, input_height: input.height, input_width: input.width,
      output_channels: outputChannels, output_height: output.height, output_width: output.width,
      kernel_height: kernel.height, kernel_width: kernel.width,
      stride_height: stride.height, stride_width: stride.width, padding_height: padding.height,
      padding_width: padding.width)
  }

  /// Filters `[output channels, channels · kernel height · kernel width, P]` with the taps first:
  /// `[kernel height, kernel width, channels, output channels · P]`.
  func tapsFirst(_ filters: [Float]) -> [Float] {
    let tapCount = kernel.height * kernel.width
    var result: [Float] = []
    result.reserveCapacity(filters.count)
    for tap in 0..<tapCount {
      for channel in 0..<inputChannels {
        for outputChannel in 0..<outputChannels {
          let row = outputChannel * patchLength + channel * tapCount + tap
          result += filters[(row * outputPixelCount)..<((row + 1) * outputPixelCount)]
        }
      }
    }
    return result
  }

  /// The taps of filters `filterShape` that remain when those are cut none of whose weights is
  /// larger than the threshold.
  func taps(of filters: UnsafeBufferPointer<Float>, above threshold: Double) -> KernelShortening {
    precondition(filters.count == filterShape.reduce(1, *))
    let tapCount = kernel.height * kernel.width
    return KernelShortening(kernel: kernel) { tap in
      (0..<(outputChannels * inputChannels)).contains { plane in
        let first = (plane * tapCount + tap) * outputPixelCount
        // In bounds: the planes, taps and pixels make up the shape.
        return unsafe filters[first..<(first + outputPixelCount)].contains {
          abs(Double($0)) > threshold
        }
      }
    }
  }

  /// The rows of filters `filterShape` that belong to the taps that are kept.
  func filters(
    _ filters: UnsafeBufferPointer<Float>, keeping taps: KernelShortening
  ) -> [Float] {
    precondition(filters.count == filterShape.reduce(1, *))
    var result: [Float] = []
    for plane in 0..<(outputChannels * inputChannels) {
      for row in taps.rows {
        let first = (plane * kernel.height + row) * kernel.width
        let kept = (first + taps.columns.lowerBound)..<(first + taps.columns.upperBound)
        // In bounds: the taps that are kept are the kernel's.
        unsafe result +=
          filters[
            (kept.lowerBound * outputPixelCount)..<(kept.upperBound * outputPixelCount)]
      }
    }
    return result
  }
}
