import CKernels
package import Layers

/// Measures layers in turns: each round runs every case once and the processor's own limit as well,
/// so that whatever disturbs the machine disturbs all of them.
package struct LayersBenchmark: Sendable {
  package var cases: [LayerCase]
  /// Those that a case knows are measured next to each other; the first is what others are compared
  /// with.
  package var precisions: [ProductPrecision] = [.float32]
  package var threadCount = 1
  package var roundCount = 30
  package var order = SyntheticSurface.Order.morton
  package var summary = Samples.Summary.median
  package var clock = BenchmarkClock.wall

  /// How long each round looks for the peak, seconds.
  private static let peakSeconds = 0.01
  private static let bandwidthSeconds = 0.5
  /// Several threads make passes of at least this many seconds together, so that their meeting at
  /// the start weighs little.
  private static let threadedSeconds = 0.02

  package init(cases: [LayerCase]) { self.cases = cases }

  /// Measures.
  ///
  /// - Parameter progress: called after each case of a round, with the part that is done.
  /// - Returns: the times of all rounds.
  /// - Throws: `BenchmarkError`.
  package func run(
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(BenchmarkError) -> LayerTimings {
    var benchmarks: [any LayerBenchmark] = []
    for item in cases {
      for precision in precisions where item.knows(precision) {
        benchmarks.append(try item.benchmark(order: order, precision: precision))
      }
    }
    var passCounts: [Int] = []
    for benchmark in benchmarks {
      // The first pass touches memory for the first time and is not counted.
      _ = try benchmark.seconds(plan())
      let seconds = try benchmark.seconds(plan())
      passCounts.append(
        threadCount == 1 ? 1 : max(1, min(1000, Int(Self.threadedSeconds / max(seconds, 1e-6)))))
    }
    let bandwidth = ckernels_measure_read_bandwidth(clock.kernelClock, Self.bandwidthSeconds)
    guard bandwidth > 0 else { throw .outOfMemory(case: "read bandwidth") }
    var peaks: [ProductPrecision: [Double]] = [:]
    var seconds = Array(repeating: [Double](), count: benchmarks.count)
    var stages = Array(repeating: [String: [Double]](), count: benchmarks.count)
    for round in 0..<roundCount {
      for precision in precisions {
        peaks[precision, default: []].append(
          ckernels_measure_fma_peak(
            precision.kernelPrecision, clock.kernelClock, Self.peakSeconds))
      }
      for (index, benchmark) in benchmarks.enumerated() {
        seconds[index].append(
          try benchmark.seconds(plan(passCounts[index])))
        if threadCount == 1 {
          for (name, time) in try benchmark.stageSeconds(clock) {
            stages[index][name, default: []].append(time)
          }
        }
        progress(round * benchmarks.count + index + 1, roundCount * benchmarks.count)
      }
    }
    var results: [LayerTimings.Case] = []
    for (index, benchmark) in benchmarks.enumerated() {
      results.append(
        LayerTimings.Case(
          name: benchmark.name, precision: benchmark.precision,
          floatingPointOperations: benchmark.floatingPointOperations,
          streamedByteCount: benchmark.streamedByteCount, seconds: Samples(seconds[index]),
          stages: stages[index].mapValues { Samples($0) },
          allocationCount: try allocationsPerPass(benchmark),
          difference: difference(of: benchmark, among: benchmarks)))
    }
    return LayerTimings(
      instructionSet: InstructionSet.name, threadCount: threadCount,
      peaks: peaks.mapValues { Samples($0) },
      readBandwidth: bandwidth, cases: results, summary: summary)
  }

  private func plan(_ passCount: Int = 1) -> PassPlan {
    PassPlan(threadCount: threadCount, passCount: passCount, clock: clock)
  }

  /// The root mean square of what another precision changes in the result of the same case, relative
  /// to that result; `nil` for the precision that others are compared with.
  private func difference(
    of benchmark: any LayerBenchmark, among benchmarks: [any LayerBenchmark]
  ) -> Double? {
    guard benchmark.precision != precisions.first,
      let exact = benchmarks.first(where: {
        $0.name == benchmark.name && $0.precision == precisions.first
      })
    else { return nil }
    var (error, magnitude) = (0.0, 0.0)
    for (found, expected) in zip(benchmark.values, exact.values) {
      error += Double(found - expected) * Double(found - expected)
      magnitude += Double(expected) * Double(expected)
    }
    return (error / magnitude).squareRoot()
  }

  /// Heap allocations that one more pass causes: those of many passes less those of one, so that
  /// threads and scratch memory, made once, cancel out.
  private func allocationsPerPass(
    _ benchmark: any LayerBenchmark
  ) throws(BenchmarkError) -> Double? {
    guard let counter = AllocationCounter() else { return nil }
    let passCount = 10
    let start = counter.total
    _ = try benchmark.seconds(plan())
    let afterOne = counter.total
    _ = try benchmark.seconds(plan(1 + passCount))
    let more = Double(counter.total - afterOne) - Double(afterOne - start)
    return more / Double(passCount)
  }
}
