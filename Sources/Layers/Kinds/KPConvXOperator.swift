import CKernels

/// KPConvX blocks over each cloud of a batch.
struct KPConvXOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint: Int
  let indexInputs = [IndexInput(2, into: 1)]
  private let kernel: KernelObject

  /// Packs the weights for the instruction set in use.
  init(
    output: TensorSpec, weights: KPConvXWeights, negativeSlope: Float, influenceDistance: Float,
    neighborCount: Int?, precision: ProductPrecision
  ) throws(LayerError) {
    self.output = output
    multiplyAddsPerPoint = Self.multiplyAdds(weights, neighborCount ?? assumedNeighborCount)
    kernel = try Self.packed(weights, negativeSlope, influenceDistance, precision)
  }

  private static func multiplyAdds(_ weights: KPConvXWeights, _ neighborCount: Int) -> Int {
    let width = weights.inputWidth
    let modulationWidth = weights.kernelPointCount * (width / weights.groupSize)
    let products = width * (width + modulationWidth + 2 * weights.hiddenWidth)
    let geometry = weights.kernelPointCount * weights.dimensionCount
    return saturatingProduct(weights.blockCount, products + neighborCount * 2 * width)
      + neighborCount * geometry
  }

  private static func packed(
    _ weights: KPConvXWeights, _ negativeSlope: Float, _ influenceDistance: Float,
    _ precision: ProductPrecision
  ) throws(LayerError) -> KernelObject {
    var arena = WeightArena()
    let kernelPoints = arena.add(weights.kernelPoints)
    let kernelWeights = arena.add(weights.kernelWeights)
    let alphaWeights = arena.add(weights.alpha.weights)
    let alphaBias = arena.add(weights.alpha.bias)
    let modulationWeights = arena.add(weights.modulationWeights)
    let modulationBias = arena.add(weights.modulationBias)
    let upWeights = arena.add(weights.up.weights)
    let upBias = arena.add(weights.up.bias)
    let downWeights = arena.add(weights.down.weights)
    let downBias = arena.add(weights.down.bias)
    let activation = ActivationFunction.leakyReLU(negativeSlope: negativeSlope)
    let pointer = unsafe arena.withPointers { address in
      var parameters = unsafe ckernels_kpconvx_parameters(
        block_count: weights.blockCount, input_width: weights.inputWidth,
        hidden_width: weights.hiddenWidth, group_size: weights.groupSize,
        kernel_point_count: weights.kernelPointCount, dimension_count: weights.dimensionCount,
        influence_distance: influenceDistance, activation: activation.fusedOrIdentity,
        kernel_points: address(kernelPoints), kernel_weights: address(kernelWeights),
        alpha_weights: address(alphaWeights), alpha_bias: address(alphaBias),
        modulation_weights: address(modulationWeights), modulation_bias: address(modulationBias),
        up_weights: address(upWeights), up_bias: address(upBias),
        down_weights: address(downWeights), down_bias: address(downBias),
        precision: precision.kernelPrecision)
      return unsafe ckernels_kpconvx_create(&parameters)
    }
    return unsafe try KernelObject(pointer) { unsafe ckernels_kpconvx_destroy($0) }
  }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.hasNeighbors(inputs, 2)
    try LayoutCheck.sameRows(inputs, [1, 0, 2])
    return inputs[1].layout
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    let layout = inputs[1].layout
    let rows = (0..<layout.cloudCount).map { layout.rows(of: $0).count }.max() ?? 0
    return unsafe scratchFloats(
      bytes: ckernels_kpconvx_scratch_bytes(kernel.pointer, rows, inputs[2].width))
  }

  func forward(_ operands: borrowing Operands) {
    let layout = operands.output.layout
    for cloud in 0..<layout.cloudCount {
      guard let x = unsafe operands.inputs[0].floats(of: cloud),
        let f = unsafe operands.inputs[1].floats(of: cloud),
        let n = unsafe operands.inputs[2].indices(of: cloud),
        let y = unsafe operands.output.floats(of: cloud)
      else { continue }
      unsafe ckernels_kpconvx_run(
        kernel.pointer, layout.rows(of: cloud).count, operands.inputs[2].rowWidth, x, f, n, y,
        operands.scratchAddress)
    }
  }
}
