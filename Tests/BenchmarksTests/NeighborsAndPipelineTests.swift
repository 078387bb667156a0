import Benchmarks
import Models
import Segmentation
import Testing

struct NeighborsAndPipelineTests {
  @Test func `every case is measured in every round`() throws {
    var benchmark = NeighborsBenchmark(
      cases: SyntheticSurface.Order.allCases.map {
        NeighborsBenchmark.Case(pointCount: 500, order: $0, neighborCount: 4)
      })
    benchmark.roundCount = 2
    let timings = try benchmark.run()
    #expect(timings.cases.map(\.query.count) == [2, 2])
    #expect(timings.cases.allSatisfy { $0.queryNanosecondsPerPoint > 0 })
  }

  @Test func `exported neighbors begin with the point itself`() throws {
    let tensors = try NeighborExport.tensors(
      NeighborsBenchmark.Case(pointCount: 200, order: .shuffled, neighborCount: 3))
    #expect(tensors["X"]?.shape == [200, 3])
    guard case .int32(let neighbors) = tensors["N"]?.values else {
      Issue.record("no neighbors")
      return
    }
    #expect((0..<200).allSatisfy { neighbors[$0 * 3] == Int32($0) })
  }

  @Test func `both orders hold the same points`() {
    let points = SyntheticSurface.Order.allCases.map { order in
      let positions = SyntheticSurface(pointCount: 300, order: order, seed: 9).positions
      return Set((0..<300).map { Array(positions[$0 * 3..<$0 * 3 + 3]) })
    }
    #expect(points[0] == points[1])
    #expect(points[0].count == 300)
  }

  @Test func `every stage of a pipeline is measured in every round`() throws {
    let model = try LoadedModel(from: .builtIn, name: BuiltInModel.name, version: 1)
    var benchmark = PipelineBenchmark(segmenter: try Segmenter(model: model))
    benchmark.roundCount = 2
    let timings = try benchmark.run(
      PipelineBenchmark.syntheticCloud(pointCount: 400), name: "small")
    #expect(timings.total.count == 2)
    #expect(timings.windowCount > 0)
    #expect(
      PipelineTimings.Stage.allCases.allSatisfy { timings.stages[$0]?.count == 2 })
    #expect(timings.nanosecondsPerPoint(.inference) > 0)
  }

  @Test func `a line of a process's status is read`() {
    let text = "Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 12 MB\n"
    #expect(PeakMemory.kibibytes("VmHWM", in: text) == 1234)
    #expect(PeakMemory.kibibytes("VmRSS", in: text) == nil)
    #expect(PeakMemory.kibibytes("VmPeak", in: text) == nil)
  }
}
