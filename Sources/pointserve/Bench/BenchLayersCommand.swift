import ArgumentParser
import Benchmarks
import Layers
import Models

/// `pointserve bench layers`.
struct BenchLayersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Measure layers as a share of the multiply-add peak of the same run.",
    discussion: """
      A case is points/neighbors/width/hidden of one KPConvX block, or dense:rows/width/output, \
      hourglass:rows/width/hidden/output, local:extent/channels/channels. Every round runs each \
      case once and then the peak. The products of a block are also run alone, on tiles in cache; \
      what they leave of the block's time is its stage aggregation.

        pointserve bench layers
        pointserve bench layers --case 4096/16/64/256 --isa avx2 --json
        pointserve bench layers --threads 1,2
        pointserve bench layers --companions --clock cpu
        pointserve bench layers --precision bfloat16
        pointserve bench layers --case 4096/16/64/256 --export block.safetensors
      """)

  @Option(help: "What to measure; may be given several times (default: five KPConvX blocks).")
  var `case`: [String] = []
  @Flag(help: "Measure a dense, an hourglass and a locally connected layer as well.")
  var companions = false
  @Option(help: "Numbers of threads, such as 1,2,4; the share is that of all their peaks.")
  var threads = "1"
  @Option(help: "How often each case runs.")
  var rounds = 30
  @Option(help: "The order of the points: morton or shuffled.")
  var order = SyntheticSurface.Order.morton
  @Option(help: "What stands for all rounds: median, or minimum where others use the machine.")
  var summary = Samples.Summary.median
  @Option(help: "Measure wall time, or cpu time of the one thread where others use the machine.")
  var clock = BenchmarkClock.wall
  @Option(help: "bfloat16 measures such products next to those of float32, and how they differ.")
  var precision = ProductPrecision.float32
  @Option(
    help: ArgumentHelp(
      "Write inputs, weights and result of the one --case for other programs, and measure nothing.",
      valueName: "file"))
  var export: String?
  @OptionGroup var options: BenchOptions

  func run() throws {
    try requireRange("--rounds", rounds, 1...100_000)
    let threadCounts = try NumberList.parse("--threads", threads, limit: 1024)
    try options.selectInstructionSet()
    var cases: [LayerCase] = []
    for name in `case` {
      cases.append(try measuring { () throws(BenchmarkError) in try LayerCase(name) })
    }
    guard clock == .wall || threadCounts == [1] else {
      throw CommandFailure.badCommandLine("--clock cpu: expected --threads 1, found \(threads)")
    }
    if let export { return try write(cases, to: export) }
    if cases.isEmpty { cases = KPConvXCase.standard.map { .kpConvX($0) } }
    if companions { cases += LayerCase.companions }
    if options.json && threadCounts.count > 1 {
      throw CommandFailure.badCommandLine("--json: expected one number of --threads")
    }
    var runs: [LayerTimings] = []
    for threadCount in threadCounts {
      var benchmark = LayersBenchmark(cases: cases)
      benchmark.precisions = precision == .float32 ? [.float32] : [.float32, precision]
      benchmark.threadCount = threadCount
      benchmark.roundCount = rounds
      benchmark.order = order
      benchmark.summary = summary
      benchmark.clock = clock
      let progress = options.progressBar("layers, \(threadCount) threads")
      defer { progress.end() }
      runs.append(
        try measuring { () throws(BenchmarkError) in
          try benchmark.run { progress.show($0, of: $1) }
        })
    }
    if options.json, let run = runs.first { return options.print(json: run.json) }
    for run in runs { print(text(run, first: runs.first)) }
  }

  private func text(_ run: LayerTimings, first: LayerTimings?) -> String {
    let isScaling = first.map { $0.threadCount != run.threadCount } ?? false
    let rows = run.cases.enumerated().map { index, item in
      let speedup = first.map { $0.seconds($0.cases[index]) / run.seconds(item) }
      return [
        item.precision == .float32 ? item.name : "  \(item.precision.rawValue)",
        BenchText.fixed(run.seconds(item) * 1e3, 3),
        "±" + BenchText.percent(item.seconds.spread), BenchText.fixed(run.gigaflops(item), 1),
        BenchText.percent(run.shareOfPeak(item)),
        run.shareOfBandwidth(item).map(BenchText.percent) ?? "",
        run.shareOfFloat32(item).map(BenchText.percent) ?? "",
        item.difference.map { BenchText.fixed($0 * 1e3) + "e-3" } ?? "",
        isScaling ? speedup.map { BenchText.fixed($0) + "x" } ?? "" : "",
        item.allocationCount.map { BenchText.fixed($0, 1) } ?? "", stages(run, item),
      ]
    }
    let table = TextTable(
      columns: [
        .left("case"), .right("ms"), .right("spread"), .right("GFLOP/s"), .right("of peak"),
        .right("of bandwidth"), .right("of float32"), .right("difference"), .right("speedup"),
        .right("allocations"), .left("stages, ms"),
      ], rows: rows)
    return """
      \(run.instructionSet), \(run.threadCount) \(run.threadCount == 1 ? "thread" : "threads"), \
      \(run.summary.rawValue) of \(rounds) rounds; peak of one thread \
      \(peaks(run)), reads \(BenchText.fixed(run.readBandwidth, 1)) GB/s
      \(table.text)

      """
  }

  private func peaks(_ run: LayerTimings) -> String {
    ProductPrecision.allCases.compactMap { precision in
      run.peaks[precision].map { peaks in
        "\(BenchText.fixed(peaks.maximum, 1)) GFLOP/s ±\(BenchText.percent(peaks.spread))"
          + (run.peaks.count > 1 ? " of \(precision.rawValue)" : "")
      }
    }.joined(separator: ", ")
  }

  private func stages(_ run: LayerTimings, _ item: LayerTimings.Case) -> String {
    run.stageMilliseconds(item).sorted { $0.key < $1.key }
      .map { "\($0.key) \(BenchText.fixed($0.value))" }.joined(separator: ", ")
  }

  /// Writes one workload with the result of our kernels as tensor Y.
  private func write(_ cases: [LayerCase], to path: String) throws {
    guard cases.count == 1, case .kpConvX(let problem) = cases[0] else {
      throw CommandFailure.badCommandLine("--export: expected one --case of a KPConvX block")
    }
    var tensors: [String: HostTensor] = [:]
    try measuring { () throws(BenchmarkError) in
      let workload = try KPConvXWorkload(problem, order: order)
      tensors = workload.tensors
      tensors["Y"] = try KPConvXBenchmark(workload).result()
    }
    try Files.write(
      SafetensorsWriter.write(tensors, metadata: ["case": problem.name]), to: path)
  }
}

extension SyntheticSurface.Order: ExpressibleByArgument {}
extension ProductPrecision: ExpressibleByArgument {}
extension BenchmarkClock: ExpressibleByArgument {}
extension Samples.Summary: ExpressibleByArgument {}
