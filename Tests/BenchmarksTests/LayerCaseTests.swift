import Benchmarks
import Layers
import Models
import Testing

struct LayerCaseTests {
  @Test(arguments: KPConvXCase.standard)
  func `the name of a block reads back`(problem: KPConvXCase) throws {
    #expect(try KPConvXCase(problem.name) == problem)
    #expect(try LayerCase(problem.name) == .kpConvX(problem))
  }

  @Test(arguments: [
    "", "4096", "4096/16/64", "4096/16/64/256/1", "0/16/64/256", "4096/0/64/256", "4096/65/64/256",
    "8/16/64/256", "4096/16/60/256", "4096/16/64/+256", "4096/16/64/-1", "4096//64/256", "a/b/c/d",
    "99999999999999999999/16/64/256", "dense:1/2", "dense:1/2/3/4", "hourglass:1/2/3",
    "hourglass:0/2/3/4", "local:513/1/1", "local:8/65/1", "conv:1/2/3", "dense:", "dense:1/2/9999",
  ])
  func `a name that means nothing is refused with what it should be`(name: String) {
    #expect {
      _ = try LayerCase(name)
    } throws: { error in
      guard case .invalid("--case", let expected, let found) = error as? BenchmarkError else {
        return false
      }
      return found == name && expected.hasPrefix("points/neighbors/width/hidden")
    }
  }

  @Test func `companions are named by their kind`() throws {
    #expect(try LayerCase("dense:10/20/30") == .dense(rows: 10, input: 20, output: 30))
    #expect(
      try LayerCase("hourglass:10/20/30/40")
        == .hourglass(rows: 10, input: 20, hidden: 30, output: 40))
    #expect(
      try LayerCase("local:10/20/30") == .localConvolution(extent: 10, input: 20, output: 30))
  }

  @Test func `a block of 4096 points computes 413_7 million operations`() throws {
    let operations = try KPConvXCase("4096/16/64/256").floatingPointOperations
    #expect(operations == 413_663_232)
  }

  @Test func `equal cases give equal workloads with neighbors nearest first`() throws {
    let problem = KPConvXCase(300, 5, 16, 24)
    let tensors = try KPConvXWorkload(problem).tensors
    #expect(try KPConvXWorkload(problem).tensors == tensors)
    #expect(tensors["Psi"]?.shape == [16, 42])
    #expect(tensors["Ahat"]?.shape == [24, 16])
    guard case .int32(let neighbors) = tensors["N"]?.values else {
      Issue.record("no neighbors")
      return
    }
    #expect((0..<300).allSatisfy { neighbors[$0 * 5] == Int32($0) })
  }

  @Test(arguments: [1, 3])
  func `every case is measured in every round and the report has the form for scripts`(
    threadCount: Int
  ) throws {
    var benchmark = LayersBenchmark(cases: [
      .kpConvX(KPConvXCase(200, 4, 16, 24)), .dense(rows: 200, input: 8, output: 8),
      .hourglass(rows: 200, input: 8, hidden: 16, output: 8),
      .localConvolution(extent: 8, input: 2, output: 2),
    ])
    benchmark.threadCount = threadCount
    benchmark.roundCount = 2
    var steps: [Int] = []
    let timings = try benchmark.run { done, total in
      steps.append(done)
      #expect(total == 8)
    }
    #expect(steps == Array(1...8))
    guard case .object(let report) = timings.json, case .array(let cases) = report["cases"],
      case .object(let block) = cases.first
    else {
      Issue.record("not of the form expected")
      return
    }
    #expect(Set(report.keys) == ["isa", "peak_gflops", "cases"])
    #expect(report["isa"] == .string(InstructionSet.name))
    #expect(
      Set(block.keys) == ["name", "milliseconds", "gflops", "share_of_peak", "stages"])
    #expect(block["name"] == "200/4/16/24")
    let names: Set<String> = ["alpha", "aggregation", "up", "down"]
    #expect(
      Set(timings.stageMilliseconds(timings.cases[0]).keys) == (threadCount == 1 ? names : []))
  }

  @Test func `products of bfloat16 are measured and compared with those of float32`() throws {
    var benchmark = LayersBenchmark(cases: [
      .kpConvX(KPConvXCase(200, 4, 16, 24)), .dense(rows: 200, input: 8, output: 8),
      .localConvolution(extent: 8, input: 2, output: 2),
    ])
    benchmark.precisions = [.float32, .bfloat16]
    benchmark.roundCount = 2
    let timings = try benchmark.run()
    #expect(
      timings.cases.map(\.precision) == [.float32, .bfloat16, .float32, .bfloat16, .float32])
    for item in timings.cases {
      let isCompared = item.precision == .bfloat16
      #expect((timings.shareOfFloat32(item) != nil) == isCompared)
      #expect((item.difference != nil) == isCompared)
      #expect((1e-5..<1e-2).contains(item.difference ?? 1e-3))
    }
    guard case .object(let report) = timings.json, case .array(let cases) = report["cases"],
      case .object(let block) = cases[1]
    else {
      Issue.record("not of the form expected")
      return
    }
    #expect(report["peak_gflops_bfloat16"] != nil)
    #expect(block["precision"] == "bfloat16")
    #expect(block["share_of_float32"] != nil && block["difference"] != nil)
  }

  @Test func `rates and shares follow from times`() {
    let item = LayerTimings.Case(
      name: "x", floatingPointOperations: 4e9, streamedByteCount: 1e9,
      seconds: Samples([0.05, 0.04, 0.08]), stages: ["up": Samples([0.01, 0.03, 0.02])])
    let timings = LayerTimings(
      instructionSet: "any", threadCount: 2, peaks: [.float32: Samples([90, 100, 85])],
      readBandwidth: 40, cases: [item], summary: .median)
    #expect(abs(timings.gigaflops(item) - 80) < 1e-9)
    #expect(abs(timings.shareOfPeak(item) - 0.4) < 1e-12)
    #expect(timings.shareOfBandwidth(item).map { abs($0 - 0.5) < 1e-12 } == true)
    #expect(timings.stageMilliseconds(item).map(\.key).sorted() == ["aggregation", "up"])
  }
}
