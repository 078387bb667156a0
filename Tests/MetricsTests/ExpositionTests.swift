import Testing

@testable import Metrics

@Suite("Prometheus text")
struct ExpositionTests {
  @Test func `a registry writes its families and series in order`() {
    let registry = MetricRegistry()
    let requests = registry.counter(
      "test_requests_total", "Requests.", labels: ["route", "status"])
    requests.series("segment", "503").increment()
    requests.series("segment", "200").increment(by: 41)
    requests.series("segment", "200").increment()
    requests.series("infer", "200").increment()
    let seconds = registry.histogram(
      "test_duration_seconds", "Durations.", upperBounds: [0.005, 0.1, 2])
    for value in [0.004, 0.005, 0.0625, 2, 3] { seconds.observe(value) }
    let sizes = registry.histogram(
      "test_points", "Points.", labels: ["format"], upperBounds: [64])
    sizes.series("las").observe(65)
    registry.gauge("test_open_connections", "Open\nconnections, \"all\" of \\.").set(2.5)
    _ = registry.counter("test_unused_total", "Never counted.")
    _ = registry.gauge("test_absent", "Without a series.", labels: ["model"])

    #expect(
      registry.exposition() == #"""
        # HELP test_duration_seconds Durations.
        # TYPE test_duration_seconds histogram
        test_duration_seconds_bucket{le="0.005"} 2
        test_duration_seconds_bucket{le="0.1"} 3
        test_duration_seconds_bucket{le="2"} 4
        test_duration_seconds_bucket{le="+Inf"} 5
        test_duration_seconds_sum 5.0715
        test_duration_seconds_count 5
        # HELP test_open_connections Open\nconnections, "all" of \\.
        # TYPE test_open_connections gauge
        test_open_connections 2.5
        # HELP test_points Points.
        # TYPE test_points histogram
        test_points_bucket{format="las",le="64"} 0
        test_points_bucket{format="las",le="+Inf"} 1
        test_points_sum{format="las"} 65
        test_points_count{format="las"} 1
        # HELP test_requests_total Requests.
        # TYPE test_requests_total counter
        test_requests_total{route="infer",status="200"} 1
        test_requests_total{route="segment",status="200"} 42
        test_requests_total{route="segment",status="503"} 1
        # HELP test_unused_total Never counted.
        # TYPE test_unused_total counter
        test_unused_total 0

        """#)
  }

  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("a\"b", #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#),
    ("a\r\nb", "a\r\\nb"), ("ä€𝄞", "ä€𝄞"), ("} 1\nx 2", #"} 1\nx 2"#), (#"\n"#, #"\\n"#),
    ("e\u{301}\"", "e\u{301}\\\""),
  ])
  func `a label value cannot leave its quotes`(_ value: String, _ expected: String) {
    var text = ExpositionText()
    text.sample("test", Labels([(name: "label", value: value)]), UInt64(1))
    #expect(Array(text.text.utf8) == Array("test{label=\"\(expected)\"} 1\n".utf8))
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.5, "0.5"), (1e-5, "1e-05"),
    (1e15, "1000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    (.nan, "NaN"),
  ])
  func `numbers are written as Prometheus reads them`(_ value: Double, _ expected: String) {
    #expect(ExpositionText.format(value) == expected)
  }

  @Test func `only chosen families are written`() {
    let registry = MetricRegistry()
    _ = registry.counter("a_total", "A.")
    _ = registry.counter("b_total", "B.")
    let text = registry.exposition { $0.hasPrefix("b") }
    #expect(text == "# HELP b_total B.\n# TYPE b_total counter\nb_total 0\n")
  }
}
