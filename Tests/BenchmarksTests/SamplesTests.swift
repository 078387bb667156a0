import Benchmarks
import Testing

struct SamplesTests {
  @Test(arguments: [
    ([3.0], 3.0, 3.0), ([4, 1], 2.5, 1), ([5, 1, 3], 3, 1), ([4, 1, 3, 2], 2.5, 1),
  ])
  func `the order of measurements does not matter`(
    values: [Double], median: Double, minimum: Double
  ) {
    let samples = Samples(values)
    #expect(samples.median == median)
    #expect(samples.summarized(by: .median) == median)
    #expect(samples.summarized(by: .minimum) == minimum)
    #expect(samples.count == values.count)
  }

  @Test(arguments: [(0.0, 0.0), (0.25, 25), (0.5, 50), (0.95, 95), (0.999, 99.9), (1, 100)])
  func `quantiles of 0 to 100 are percentages`(share: Double, expected: Double) {
    let samples = Samples((0...100).reversed().map(Double.init))
    #expect(abs(samples.quantile(share) - expected) < 1e-9)
  }

  @Test func `the spread is half the distance of the quartiles over the median`() {
    #expect(Samples([90, 95, 100, 105, 110]).spread == 0.05)
    #expect(Samples([7, 7, 7]).spread == 0)
    #expect(Samples([0, 0]).spread == 0)
  }

  @Test func `equal seeds give equal numbers of the expected mean and variance`() {
    var random = SeededGenerator(seed: 5)
    var same = SeededGenerator(seed: 5)
    let numbers = (0..<20_000).map { _ in random.normal() }
    #expect(numbers.prefix(100).allSatisfy { $0 == same.normal() })
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    let variance = numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)
    #expect(abs(mean) < 0.03)
    #expect(abs(variance - 1) < 0.05)
  }
}
