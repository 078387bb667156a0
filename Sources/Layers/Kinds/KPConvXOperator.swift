import CKernels

/// KPConvX blocks over each cloud of a batch.
struct KPConvXOperator: LayerOperator {
  let output: TensorSpec
  let multiplyAddsPerPoint: Int
  let indexInputs = [IndexInput(2, into: 1)]
  /// One for each block.
  let phaseCount: Int
  private let kernel: KernelObject

  /// Packs the weights for the instruction set in use.
  init(
    output: TensorSpec, weights: KPConvXWeights, negativeSlope: Float, influenceDistance: Float,
    neighborCount: Int?, precision: ProductPrecision
  ) throws(LayerError) {
    self.output = output
    phaseCount = weights.blockCount
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
    try LayoutCheck.sameRows(inputs, 1, 0)
    try LayoutCheck.sameRows(inputs, 1, 2)
    return inputs[1].layout
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    unsafe scratchFloats(
      bytes: ckernels_kpconvx_rows_scratch_bytes(kernel.pointer, inputs[2].width))
  }

  /// What the blocks but the last hand on, `[rows, width]`.
  func sharedScratchFloatCount(for inputs: [InputRows]) -> Int {
    phaseCount > 1 ? saturatingProduct(inputs[1].layout.rowCount, inputs[1].width) : 0
  }

  func forward(_ operands: borrowing Operands) {
    let block = operands.phase
    // Blocks alternate between the two buffers so that the last one writes to the output.
    let isBetween = (phaseCount - block) % 2 == 0
    let layout = operands.output.layout
    layout.forEachCloud(of: operands.rows) { cloud, rows in
      guard let x = unsafe operands.inputs[0].floats(of: cloud),
        let f = unsafe operands.inputs[1].floats(of: cloud),
        let n = unsafe operands.inputs[2].indices(of: cloud),
        let y = unsafe operands.output.floats(of: cloud)
      else { return }
      // In bounds: as many floats as the output has were asked for where there is another block.
      let begin = layout.rows(of: cloud).lowerBound * operands.output.rowWidth
      let between = unsafe operands.sharedScratch.baseAddress.map { unsafe $0 + begin } ?? y
      unsafe ckernels_kpconvx_run_rows(
        kernel.pointer, block, rows.lowerBound, rows.upperBound, operands.inputs[2].rowWidth, x,
        block == 0 ? f : isBetween ? y : between, n, isBetween ? between : y,
        operands.scratchAddress)
    }
  }
}
