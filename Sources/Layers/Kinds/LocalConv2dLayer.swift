import CKernels

/// A convolution whose filter differs at every output pixel (hypnettorch's LocalConv2dLayer):
/// x `[images, channels, height, width]` → `[images, output channels, output height, output width]`.
///
/// Filters and bias are stored, or further inputs, which override stored ones.
package struct LocalConv2dLayer: LayerConfiguration {
  package static let className = "LocalConv2dLayer"

  let geometry: LocalConvolutionGeometry
  let usesBias: Bool
  /// Whether filters and bias can only be further inputs.
  let storesNoWeights: Bool
  let kernelRegularizer: WeightRegularizer
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    geometry = try LocalConvolutionGeometry(from: &reader)
    usesBias = try reader.bool("bias", default: true)
    storesNoWeights = try reader.bool("no_weights", default: false)
    kernelRegularizer = try reader.weightRegularizer(
      "kernel_regularizer", kernel: geometry.kernel)
    config = reader.config
  }

  private var weightNames: [String] { usesBias ? ["filters", "bias"] : ["filters"] }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let count = 1 + weightNames.count
    guard inputs.count == count || (inputs.count == 1 && !storesNoWeights) else {
      let all = (["x"] + weightNames).joined(separator: ", ")
      throw .inputCount(
        expected: storesNoWeights
          ? "\(count) inputs (\(all)), as \"no_weights\" is true"
          : "1 input (x) or \(count) (\(all))",
        found: inputs.count)
    }
    let check = try InputCheck(inputs, atLeast: 1)
    let images = geometry.imageExtents
    guard inputs[0].elementType == .float32, inputs[0].extents.count == 4,
      Array(inputs[0].rowExtents) == images
    else { throw check.refusal(0, "float32 [images, \(images[0]), \(images[1]), \(images[2])]") }
    let shapes = [geometry.filterShape, geometry.biasShape]
    for (place, shape) in zip(inputs.indices.dropFirst(), shapes) {
      try requireParameter(check, place, shape)
    }
    let stored =
      storesNoWeights
      ? nil
      : (
        filters: try weights.takeTensor("filters", shape: shapes[0]),
        bias: usesBias ? try weights.take("bias", shape: shapes[1]) : nil
      )
    if inputs.count > 1 { return ExternalLocalConv2dOperator(geometry, usesBias: usesBias) }
    guard let stored else { throw .missingWeight(name: "filters", shape: shapes[0]) }
    return try LocalConv2dOperator(
      geometry, keeping: keptTaps(stored.filters), filters: stored.filters, bias: stored.bias)
  }

  /// The taps that the layer has to compute.
  private func keptTaps(_ filters: LayerWeights.Tensor) -> KernelShortening {
    unsafe filters.withValues {
      unsafe geometry.taps(of: $0, above: kernelRegularizer.tapThreshold)
    }
  }

  /// Refuses a spec that contradicts the shape of a weight; its width must be known.
  private func requireParameter(
    _ check: InputCheck, _ input: Int, _ shape: [Int]
  ) throws(LayerError) {
    let spec = check[input]
    guard spec.elementType == .float32, spec.extents.count == shape.count,
      spec.extents.last == shape.last,
      zip(spec.extents, shape).allSatisfy({ $0 == nil || $0 == $1 })
    else { throw check.refusal(input, "float32 \(shape)") }
  }

  package func diagnostics(
    weights: inout LayerWeights
  ) throws(LayerError) -> LayerDiagnostics {
    var diagnostics = LayerDiagnostics()
    guard !storesNoWeights else { return diagnostics }
    let stored = try weights.takeTensor("filters", shape: geometry.filterShape)
    diagnostics.setKernel(geometry.kernel, shortenedTo: keptTaps(stored))
    let filters = stored.values
    if case .kernelLength(let regularizer, let kernel) = kernelRegularizer {
      diagnostics.regularizationLoss =
        regularizer.loss(of: geometry.tapsFirst(filters), kernel: kernel)
        / Double(geometry.outputPixelCount)
    } else {
      diagnostics.regularizationLoss = kernelRegularizer.loss(of: filters)
    }
    return diagnostics
  }
}

/// Filters and bias stored with the layer.
struct LocalConv2dOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint: Int
  private let kernel: KernelObject

  /// Packs the filters, `geometry.filterShape`, of the taps that are kept, and bias
  /// `geometry.biasShape`.
  ///
  /// Filters may be most of a model: they are packed out of the memory that holds them, unless taps
  /// are cut.
  init(
    _ geometry: LocalConvolutionGeometry, keeping taps: KernelShortening,
    filters: LayerWeights.Tensor, bias: [Float]?
  ) throws(LayerError) {
    output = geometry.outputSpec
    let shortened = geometry.shortened(to: taps)
    multiplyAddsPerPoint = shortened.multiplyAdds
    let pointer = unsafe filters.withValues { stored -> OpaquePointer? in
      if taps.extents == geometry.kernel { return unsafe Self.pack(shortened, stored, bias) }
      return unsafe geometry.filters(stored, keeping: taps).withUnsafeBufferPointer {
        unsafe Self.pack(shortened, $0, bias)
      }
    }
    kernel = unsafe try KernelObject(pointer) { unsafe ckernels_local_conv2d_destroy($0) }
  }

  /// Filters of the geometry's own shape → a kernel object, which holds them in its own order.
  private static func pack(
    _ geometry: LocalConvolutionGeometry, _ filters: UnsafeBufferPointer<Float>, _ bias: [Float]?
  ) -> OpaquePointer? {
    precondition(filters.count == geometry.filterShape.reduce(1, *))
    guard let first = filters.baseAddress else {
      preconditionFailure("extents are at least 1, so there is a filter")
    }
    var shape = geometry.kernelShape
    // Without bias the optional array passes a null pointer.
    return unsafe ckernels_local_conv2d_create(&shape, first, bias)
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    unsafe scratchFloats(bytes: ckernels_local_conv2d_scratch_bytes(kernel.pointer))
  }

  func forward(_ operands: borrowing Operands) {
    let images = operands.rows.count
    guard images > 0, let x = unsafe operands.inputFloats(0).baseAddress,
      let y = unsafe operands.outputFloats.baseAddress
    else { return }
    unsafe ckernels_local_conv2d_run(kernel.pointer, images, x, y, operands.scratchAddress)
  }
}

/// Filters and bias that arrive with the request.
struct ExternalLocalConv2dOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint: Int
  let parameterInputs: [Int]
  private let geometry: LocalConvolutionGeometry

  init(_ geometry: LocalConvolutionGeometry, usesBias: Bool) {
    self.geometry = geometry
    output = geometry.outputSpec
    multiplyAddsPerPoint = geometry.multiplyAdds
    parameterInputs = usesBias ? [1, 2] : [1]
  }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    let filters = geometry.filterShape
    let layouts = [
      RowLayout(cloudCount: filters[0], rowCount: filters[1]),
      RowLayout(cloudCount: 1, rowCount: geometry.biasShape[0]),
    ]
    for (place, layout) in zip(parameterInputs, layouts) {
      try LayoutCheck.layout(inputs, place, is: layout)
    }
    return inputs[0].layout
  }

  func forward(_ operands: borrowing Operands) {
    let images = operands.rows.count
    guard images > 0, let x = unsafe operands.inputFloats(0).baseAddress,
      let y = unsafe operands.outputFloats.baseAddress,
      let filters = unsafe operands.inputs[1].floats.baseAddress
    else { return }
    let bias =
      unsafe parameterInputs.count == 2 ? operands.inputs[2].floats.baseAddress : nil
    var shape = geometry.kernelShape
    unsafe ckernels_local_conv2d_run_external(&shape, filters, bias, images, x, y)
  }
}
