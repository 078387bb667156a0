import CKernels
package import Layers
package import Models

/// One KPConvX block.
package struct KPConvXBenchmark: LayerBenchmark {
  let problem: KPConvXCase
  let precision: ProductPrecision
  private let kernel: PackedKernel
  private let stages: [(name: String, stage: DenseStage)]
  private let positions: KernelMemory<Float>
  private let features: KernelMemory<Float>
  private let neighbors: KernelMemory<Int32>
  private let output: KernelMemory<Float>

  /// Rows that a thread takes at once where there are several.
  private static let rowsPerTile = 96
  /// What the stages leave of a pass: nearest kernel points, influences, the modulations that are
  /// used, and weighted sums.
  static let remainingStage = "aggregation"

  var name: String { problem.name }
  var floatingPointOperations: Double { problem.floatingPointOperations }

  /// Packs the weights for the instruction set in use.
  ///
  /// - Throws: `BenchmarkError.outOfMemory`.
  package init(
    _ workload: KPConvXWorkload, _ precision: ProductPrecision = .float32
  ) throws(BenchmarkError) {
    problem = workload.problem
    self.precision = precision
    kernel = try Self.packed(workload, precision)
    positions = KernelMemory(workload.positions)
    features = KernelMemory(workload.features)
    neighbors = KernelMemory(workload.neighbors)
    output = KernelMemory(count: problem.pointCount * problem.width)
    let leaky = ckernels_activation(
      kind: CKERNELS_ACTIVATION_LEAKY_RELU, parameter: KPConvXWorkload.negativeSlope)
    let name = workload.problem.name
    stages = [
      ("alpha", try DenseStage(workload.alpha, leaky, precision, case: name)),
      ("up", try DenseStage(workload.up, leaky, precision, case: name)),
      ("down", try DenseStage(workload.down, leaky, precision, case: name)),
    ]
  }

  private static func packed(
    _ workload: KPConvXWorkload, _ precision: ProductPrecision
  ) throws(BenchmarkError) -> PackedKernel {
    let arrays = [
      workload.kernelPoints, workload.kernelWeights, workload.alpha.weights, workload.alpha.bias,
      workload.modulation.weights, workload.modulation.bias, workload.up.weights, workload.up.bias,
      workload.down.weights, workload.down.bias,
    ].map { KernelMemory($0) }
    let problem = workload.problem
    // The kernel copies what the pointers lead to during the call.
    let pointer = unsafe withExtendedLifetime(arrays) { () -> OpaquePointer? in
      var parameters = unsafe ckernels_kpconvx_parameters(
        block_count: 1, input_width: problem.width, hidden_width: problem.hiddenWidth,
        group_size: KPConvXCase.groupSize, kernel_point_count: KPConvXCase.kernelPointCount,
        dimension_count: 3, influence_distance: KPConvXWorkload.influenceDistance,
        activation: ckernels_activation(
          kind: CKERNELS_ACTIVATION_LEAKY_RELU, parameter: KPConvXWorkload.negativeSlope),
        kernel_points: arrays[0].pointer, kernel_weights: arrays[1].pointer,
        alpha_weights: arrays[2].pointer, alpha_bias: arrays[3].pointer,
        modulation_weights: arrays[4].pointer, modulation_bias: arrays[5].pointer,
        up_weights: arrays[6].pointer, up_bias: arrays[7].pointer,
        down_weights: arrays[8].pointer, down_bias: arrays[9].pointer,
        precision: precision.kernelPrecision)
      return unsafe ckernels_kpconvx_create(&parameters)
    }
    return unsafe try PackedKernel(pointer, case: problem.name) {
      unsafe ckernels_kpconvx_destroy($0)
    }
  }

  func seconds(_ plan: PassPlan) throws(BenchmarkError) -> Double {
    let rows = problem.pointCount
    let rowsPerTile = plan.threadCount == 1 ? rows : Self.rowsPerTile
    let scratchByteCount = unsafe ckernels_kpconvx_rows_scratch_bytes(
      kernel.pointer, problem.neighborCount)
    let scratch = (0..<plan.threadCount).map { _ in
      KernelMemory<Float>(count: (scratchByteCount + 3) / 4)
    }
    return try TileSchedule.secondsPerPass(
      plan, tileCount: (rows + rowsPerTile - 1) / rowsPerTile
    ) { [self] tile, thread in
      let begin = tile * rowsPerTile
      // In bounds: the memories have the rows of the cloud, and a scratch memory for each thread.
      unsafe ckernels_kpconvx_run_rows(
        kernel.pointer, 0, begin, min(begin + rowsPerTile, rows), problem.neighborCount,
        positions.pointer, features.pointer, neighbors.pointer, output.pointer,
        scratch[thread].pointer)
    }
  }

  var values: [Float] { output.values }

  func stageSeconds(_ clock: BenchmarkClock) throws(BenchmarkError) -> [String: Double] {
    Dictionary(
      uniqueKeysWithValues: stages.map {
        ($0.name, $0.stage.seconds(rows: problem.pointCount, clock))
      })
  }

  /// Y `[points, width]`, from a run on one thread.
  ///
  /// - Throws: as `seconds`.
  package func result() throws(BenchmarkError) -> HostTensor {
    _ = try seconds(PassPlan())
    return HostTensor(
      shape: [problem.pointCount, problem.width], values: .float32(output.values))
  }
}
