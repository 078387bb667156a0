import ArgumentParser
import Benchmarks
import Models

/// `pointserve bench knn`.
struct BenchNeighborsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "knn",
    abstract: "Measure the search for nearest neighbors: building the index, and the queries.",
    discussion: """
      Every point of a synthetic surface asks for its nearest neighbors.

        pointserve bench knn
        pointserve bench knn --points 1000000 --neighbors 16 --order morton --json
        pointserve bench knn --points 65536 --threads 2
        pointserve bench knn --points 1000000 --neighbors 16 --export cloud.safetensors
      """)

  @Option(help: "Numbers of points, with commas between.")
  var points = "4096,16384,65536,262144,1048576"
  @Option(help: "Numbers of neighbors, with commas between.")
  var neighbors = "16,32"
  @Option(help: "The order of the points: morton or shuffled (default: both).")
  var order: SyntheticSurface.Order?
  @Option(help: "Threads that share the queries.")
  var threads = 1
  @Option(help: "How often each case runs; the median counts.")
  var rounds = 5
  @Option(help: "Measure wall time, or cpu time of the one thread where others use the machine.")
  var clock = BenchmarkClock.wall
  @Option(
    help: ArgumentHelp(
      "Write points and neighbors of the one case for other programs, and measure nothing.",
      valueName: "file"))
  var export: String?
  @OptionGroup var options: BenchOptions

  func run() throws {
    let pointCounts = try NumberList.parse("--points", points, limit: 1 << 26)
    let neighborCounts = try NumberList.parse("--neighbors", neighbors, limit: 64)
    try requireRange("--threads", threads, 1...1024)
    try requireRange("--rounds", rounds, 1...100_000)
    guard threads == 1 || clock == .wall else {
      throw CommandFailure.badCommandLine(
        "--threads: expected 1 with --clock cpu, found \(threads)")
    }
    try options.selectInstructionSet()
    let orders = order.map { [$0] } ?? SyntheticSurface.Order.allCases
    let cases = orders.flatMap { order in
      neighborCounts.flatMap { neighborCount in
        pointCounts.map {
          NeighborsBenchmark.Case(pointCount: $0, order: order, neighborCount: neighborCount)
        }
      }
    }
    if let export { return try write(cases, to: export) }
    var benchmark = NeighborsBenchmark(cases: cases)
    benchmark.threadCount = threads
    benchmark.roundCount = rounds
    benchmark.clock = clock
    let progress = options.progressBar("knn")
    defer { progress.end() }
    let timings = try measuring { () throws(BenchmarkError) in
      try benchmark.run { progress.show($0, of: $1) }
    }
    progress.end()
    if options.json { return options.print(json: timings.json) }
    let rows = timings.cases.map { item in
      [
        grouped(item.problem.pointCount), item.problem.order.rawValue,
        "\(item.problem.neighborCount)", BenchText.fixed(item.buildNanosecondsPerPoint, 1),
        BenchText.fixed(item.queryNanosecondsPerPoint, 1),
        "±" + BenchText.percent(item.query.spread),
      ]
    }
    let table = TextTable(
      columns: [
        .right("points"), .left("order"), .right("k"), .right("build ns/point"),
        .right("query ns/point"), .right("spread"),
      ], rows: rows)
    print(
      "\(timings.instructionSet), \(threads == 1 ? "1 thread" : "\(threads) threads")\n\(table.text)"
    )
  }

  private func write(_ cases: [NeighborsBenchmark.Case], to path: String) throws {
    guard cases.count == 1 else {
      throw CommandFailure.badCommandLine(
        "--export: expected one number of --points, of --neighbors, and an --order")
    }
    let tensors = try measuring { () throws(BenchmarkError) in try NeighborExport.tensors(cases[0])
    }
    try Files.write(SafetensorsWriter.write(tensors), to: path)
  }
}
