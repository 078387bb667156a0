import CKernels

/// Kernel point convolution over each cloud of a batch.
struct KPConvOperator: LayerOperator {
  /// The positions of the inputs; sources and queries are one input unless strided.
  struct Places {
    let sources: Int
    let queries: Int
    let features: Int
    let indices: Int
  }

  let output: TensorSpec
  let multiplyAddsPerPoint: Int
  private let places: Places
  private let product: KPConvProduct
  private let kernel: KernelObject

  init(
    _ convolution: KPConvConfiguration, check: InputCheck, places: Places,
    weights: inout LayerWeights
  ) throws(LayerError) {
    let dimensionCount = try check.pointWidth(places.sources)
    try check.requireDimensions(places.sources, dimensionCount)
    _ = try check.pointWidth(places.queries, expected: dimensionCount)
    let inputWidth = try check.pointWidth(places.features)
    let neighborCount = try check.neighborCount(places.indices) ?? assumedNeighborCount
    let points = convolution.kernelPointCount
    let outputWidth = convolution.outputWidth
    try self.init(
      output: check[places.indices].rows(lastExtent: outputWidth),
      multiplyAddsPerPoint: points * inputWidth * outputWidth
        + saturatingProduct(neighborCount, points, inputWidth + dimensionCount),
      places: places,
      product: KPConvProduct(
        inputWidth: inputWidth, outputWidth: outputWidth, kernelPointCount: points,
        dimensionCount: dimensionCount, influenceDistance: Float(convolution.influenceDistance),
        kernelPoints: try weights.take("Q", shape: [points, dimensionCount]),
        kernelWeights: try weights.take("W", shape: [points, inputWidth, outputWidth]),
        affine: ChannelAffine(channels: outputWidth)))
  }

  private init(
    output: TensorSpec, multiplyAddsPerPoint: Int, places: Places, product: KPConvProduct
  ) throws(LayerError) {
    self.output = output
    self.multiplyAddsPerPoint = multiplyAddsPerPoint
    self.places = places
    self.product = product
    kernel = try product.packed()
  }

  var indexInputs: [IndexInput] { [IndexInput(places.indices, into: places.features)] }

  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    try LayoutCheck.hasNeighbors(inputs, places.indices)
    try LayoutCheck.sameRows(inputs, places.features, places.sources)
    try LayoutCheck.sameRows(inputs, places.indices, places.queries)
    try LayoutCheck.sameClouds(inputs, places.indices, places.features)
    return inputs[places.indices].layout
  }

  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    unsafe scratchFloats(
      bytes: ckernels_kpconv_scratch_bytes(kernel.pointer, inputs[places.indices].width))
  }

  func forward(_ operands: borrowing Operands) {
    operands.output.layout.forEachCloud(of: operands.rows) { cloud, rows in
      let first = rows.lowerBound
      guard
        let queries = unsafe operands.inputs[places.queries].floats(of: cloud, from: first),
        let sources = unsafe operands.inputs[places.sources].floats(of: cloud),
        let f = unsafe operands.inputs[places.features].floats(of: cloud),
        let n = unsafe operands.inputs[places.indices].indices(of: cloud, from: first),
        let y = unsafe operands.output.floats(of: cloud, from: first)
      else { return }
      unsafe ckernels_kpconv_run(
        kernel.pointer, rows.count, operands.inputs[places.indices].rowWidth, queries, sources, f,
        n, y, operands.scratchAddress)
    }
  }

  func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)? {
    var folded = product
    folded.affine = product.affine.followed(scale: scale, shift: shift)
    do {
      return try KPConvOperator(
        output: output, multiplyAddsPerPoint: multiplyAddsPerPoint, places: places,
        product: folded)
    } catch { return nil }
  }
}

/// A kernel point convolution before packing.
struct KPConvProduct: Sendable {
  let inputWidth: Int
  let outputWidth: Int
  let kernelPointCount: Int
  let dimensionCount: Int
  let influenceDistance: Float
  /// Q `[kernelPointCount, dimensionCount]`.
  let kernelPoints: [Float]
  /// W `[kernelPointCount, inputWidth, outputWidth]`.
  let kernelWeights: [Float]
  var affine: ChannelAffine

  func packed() throws(LayerError) -> KernelObject {
    var arena = WeightArena()
    let points = arena.add(kernelPoints)
    let weights = arena.add(kernelWeights)
    let scale = arena.add(affine.kernelScale)
    let shift = arena.add(affine.kernelShift)
    let pointer = unsafe arena.withPointers { address in
      var parameters = unsafe ckernels_kpconv_parameters(
        input_width: inputWidth, output_width: outputWidth, kernel_point_count: kernelPointCount,
        dimension_count: dimensionCount, influence_distance: influenceDistance,
        kernel_points: address(points), kernel_weights: address(weights),
        activation: ActivationFunction.identity.fusedOrIdentity,
        scale: scale.map { unsafe address($0) }, shift: shift.map { unsafe address($0) })
      return unsafe ckernels_kpconv_create(&parameters)
    }
    return unsafe try KernelObject(pointer) { unsafe ckernels_kpconv_destroy($0) }
  }
}
