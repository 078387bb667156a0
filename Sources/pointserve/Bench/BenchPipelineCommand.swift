import ArgumentParser
import Benchmarks
import Layers
import Models
import PointClouds
import Segmentation

/// `pointserve bench pipeline`.
struct BenchPipelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline",
    abstract: "Measure the segmentation of whole clouds, nanoseconds per point by stage.",
    discussion: """
      Without a file, clouds of a synthetic surface. The stages count for each thread that runs \
      them; the total is the time on the wall. Allocations of a window include its share of what \
      happens once for the cloud; those of a pass are those of all layers for one window.

        pointserve bench pipeline
        pointserve bench pipeline tile.las --threads 1,2 --json
        pointserve bench pipeline --points 65536,1048576 --model-repository models --model town
      """)

  @Argument(help: "Clouds: LAS, LAZ, PLY, PCD, XYZ, CSV, NPY or JSON.")
  var input: [String] = []
  @Option(help: "Numbers of points of synthetic clouds, with commas between.")
  var points = "4096,16384,65536,262144,1048576"
  @OptionGroup var modelOptions: ModelOptions
  @Option(help: "Numbers of threads, such as 1,2,4.")
  var threads = "1"
  @Option(help: "How often each cloud is segmented; the median counts.")
  var rounds = 3
  @OptionGroup var options: BenchOptions

  func run() throws {
    let threadCounts = try NumberList.parse("--threads", threads, limit: 1024)
    let pointCounts = try NumberList.parse("--points", points, limit: 1 << 26)
    try requireRange("--rounds", rounds, 1...100_000)
    try options.selectInstructionSet()
    let model = try modelOptions.load()
    let segmenter: Segmenter
    do {
      segmenter = try Segmenter(model: model)
    } catch {
      throw CommandFailure.badInput("model \(model.name): \(error)")
    }
    var timings: [PipelineTimings] = []
    for number in 0..<(input.isEmpty ? pointCounts.count : input.count) {
      let (name, cloud) =
        input.isEmpty ? try synthetic(pointCounts[number]) : try read(input[number])
      for threadCount in threadCounts {
        var benchmark = PipelineBenchmark(segmenter: segmenter)
        benchmark.threadCount = threadCount
        benchmark.roundCount = rounds
        let progress = options.progressBar("\(name), \(threadCount) threads")
        defer { progress.end() }
        timings.append(
          try measuring { () throws(BenchmarkError) in
            try benchmark.run(cloud, name: name) { progress.show($0, of: $1) }
          })
      }
    }
    if options.json {
      return options.print(
        json: .object([
          "isa": .string(InstructionSet.name), "model": .string(model.name),
          "cases": .array(timings.map(\.json)),
        ]))
    }
    print("\(InstructionSet.name), model \(model.name), nanoseconds per point\n\(table(timings))")
  }

  private func table(_ timings: [PipelineTimings]) -> String {
    let stages = PipelineTimings.Stage.allCases
    let rows = timings.map { item in
      [item.name, grouped(item.pointCount), "\(item.threadCount)"]
        + stages.map { BenchText.fixed(item.nanosecondsPerPoint($0), 0) }
        + [
          BenchText.fixed(item.nanosecondsPerPoint, 0), "±" + BenchText.percent(item.total.spread),
          item.peakByteCount.map { BenchText.fixed(Double($0) / 1_048_576, 1) } ?? "",
          item.allocationCount.map { grouped($0) } ?? "",
          item.allocationsPerWindow.map { BenchText.fixed($0, 1) } ?? "",
          item.allocationsPerPass.map { BenchText.fixed($0, 1) } ?? "",
        ]
    }
    return TextTable(
      columns: [.left("cloud"), .right("points"), .right("threads")]
        + stages.map { .right($0.rawValue) }
        + [
          .right("total"), .right("spread"), .right("peak MiB"), .right("allocations"),
          .right("/window"), .right("/pass"),
        ],
      rows: rows
    ).text
  }

  private func synthetic(_ pointCount: Int) throws -> (name: String, cloud: PointCloud) {
    do {
      return ("synthetic", try PipelineBenchmark.syntheticCloud(pointCount: pointCount))
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }

  private func read(_ path: String) throws -> (name: String, cloud: PointCloud) {
    let bytes = try Files.read(path)
    guard let format = CloudFormat.format(content: bytes) else {
      throw CommandFailure.badInput("\(path): no known format of point clouds")
    }
    do {
      return (path, try format.decode(bytes).cloud)
    } catch {
      throw CommandFailure.badInput("\(path): \(error)")
    }
  }
}
