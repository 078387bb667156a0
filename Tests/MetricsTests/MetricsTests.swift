import Testing

@testable import Metrics

@Suite("Metrics")
struct MetricsTests {
  @Test func `concurrent counting loses nothing`() async {
    let counter = Counter()
    let gauge = Gauge()
    let histogram = Histogram(upperBounds: [1, 2, 3])
    await withTaskGroup { group in
      for task in 0..<4 {
        group.addTask {
          for _ in 0..<2000 {
            counter.increment()
            gauge.add(task.isMultiple(of: 2) ? 1 : -1)
            histogram.observe(Double(task + 1))
          }
        }
      }
    }
    #expect(counter.value == 8000)
    #expect(gauge.value == 0)
    #expect(histogram.count == 8000)
    #expect(histogram.sum == 20_000)
  }

  @Test func `a value that is not a number is not observed`() {
    let histogram = Histogram(upperBounds: [1])
    histogram.observe(.nan)
    #expect(histogram.count == 0)
    #expect(histogram.sum == 0)
    histogram.observe(.infinity)
    #expect(histogram.count == 1)
  }

  @Test func `durations are observed in seconds`() {
    let histogram = Histogram(upperBounds: [])
    histogram.observe(.milliseconds(1500))
    #expect(histogram.sum == 1.5)
    #expect(histogram.count == 1)
  }

  @Test func `the same label values mean the same series`() {
    let family = MetricRegistry().counter("test_total", "Test.", labels: ["a", "b"])
    #expect(family.series("x", "y") === family.series("x", "y"))
    #expect(family.series("x", "y") !== family.series("y", "x"))
    let before = family.series("x", "y")
    family.remove("x", "y")
    #expect(family.series("x", "y") !== before)
  }

  @Test func `series looked up by several tasks at once are the same`() async {
    let registry = MetricRegistry()
    let family = registry.counter("test_total", "Test.", labels: ["status"])
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for index in 0..<400 { family.series("\(index % 20)").increment() }
        }
      }
    }
    #expect((0..<20).map { family.series("\($0)").value } == Array(repeating: 80, count: 20))
  }

  @Test func `hostile label values add a bounded number of series of bounded length`() {
    let registry = MetricRegistry()
    let family = registry.counter("test_total", "Test.", labels: ["path"], seriesLimit: 10)
    let long = String(repeating: "x", count: 100_000)
    for index in 0..<1000 { family.series("\(index)\(long)").increment() }
    let lines = registry.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count == 11)
    #expect(lines.allSatisfy { $0.utf8.count < 200 })
    #expect(lines.contains(#"test_total{path="other"} 990"#))
    #expect(family.series("0\(long)").value == 1)
  }

  @Test func `buckets ascend`() {
    for bounds in [Buckets.seconds, Buckets.points, Buckets.requests] {
      #expect(zip(bounds, bounds.dropFirst()).allSatisfy(<))
    }
    #expect(Buckets.points.last == 16_777_216)
    #expect(Buckets.requests.last == 128)
  }
}
