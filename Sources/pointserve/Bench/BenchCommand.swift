import ArgumentParser
import Benchmarks
import Layers

/// `pointserve bench`: how fast the program is on this machine, against the machine's own limits.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure layers, neighbors, the pipeline, and the service.",
    discussion: """
      pointserve bench layers                    each layer as a share of the peak in the same run
      pointserve bench knn                       nearest neighbors, nanoseconds per point
      pointserve bench pipeline --threads 1,2    clouds to labels, by stage
      pointserve bench serve --rate 200          latency of the service under load
      pointserve bench layers --json > now.json  for scripts

      Heap allocations are counted as well where the counter is loaded in front of malloc:

        cc -O2 -shared -fPIC deploy/bench/allocations.c -o allocations.so
        LD_PRELOAD=$PWD/allocations.so pointserve bench pipeline
      """,
    subcommands: [
      BenchLayersCommand.self, BenchNeighborsCommand.self, BenchPipelineCommand.self,
      BenchServeCommand.self,
    ])
}

/// What every measurement has in common.
struct BenchOptions: ParsableArguments {
  @Option(help: "The kernels to use, such as avx2 (default: the fastest that this processor has).")
  var isa: String?
  @Flag(help: "Print JSON for scripts instead of a table.")
  var json = false

  /// Chooses the kernels.
  ///
  /// - Throws: `CommandFailure` naming those that there are.
  func selectInstructionSet() throws {
    if let isa, !InstructionSet.select(named: isa) {
      throw CommandFailure.badCommandLine(
        "--isa: expected one of \(InstructionSet.available.joined(separator: ", ")), found \(isa)")
    }
  }

  /// Writes one value as JSON to standard output.
  func print(json: ConfigValue) { Swift.print(BenchText.json(json)) }

  /// A progress line, which only a terminal shows.
  func progressBar(_ label: String) -> ProgressBar {
    ProgressBar(label: label, isShown: Environment.isTerminal)
  }
}

/// Checks a number given on the command line.
///
/// - Throws: `CommandFailure` naming the option, the range and the number.
func requireRange<Number: Comparable>(
  _ option: String, _ value: Number, _ range: ClosedRange<Number>
) throws {
  guard range.contains(value) else {
    throw CommandFailure.badCommandLine(
      "\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
  }
}

/// Runs a measurement and turns its failure into one of the command.
func measuring<Result>(_ body: () throws(BenchmarkError) -> Result) throws -> Result {
  do throws(BenchmarkError) {
    return try body()
  } catch {
    if case .invalid = error { throw CommandFailure.badCommandLine("\(error)") }
    throw CommandFailure.badInput("\(error)")
  }
}
