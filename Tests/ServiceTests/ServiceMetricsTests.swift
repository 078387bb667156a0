import Metrics
import Testing

@testable import Service

@Suite("Service metrics")
struct ServiceMetricsTests {
  /// Names that dashboards rely on, with their types.
  static let catalogue = [
    "nv_inference_request_success counter", "nv_inference_request_failure counter",
    "nv_inference_count counter", "nv_inference_exec_count counter",
    "nv_inference_request_duration_us counter", "nv_inference_queue_duration_us counter",
    "nv_inference_compute_input_duration_us counter",
    "nv_inference_compute_infer_duration_us counter",
    "nv_inference_compute_output_duration_us counter", "nv_inference_pending_request_count gauge",
    "pointserve_request_duration_seconds histogram", "pointserve_queue_seconds histogram",
    "pointserve_neighbors_seconds histogram", "pointserve_compute_seconds histogram",
    "pointserve_decode_seconds histogram", "pointserve_points_total counter",
    "pointserve_batch_points histogram", "pointserve_batch_requests histogram",
    "pointserve_batch_release_total counter", "pointserve_queue_points gauge",
    "pointserve_queue_bytes gauge", "pointserve_http_requests_total counter",
    "pointserve_http_connections gauge", "pointserve_model_info gauge",
    "pointserve_model_load_seconds gauge", "pointserve_model_reload_failures_total counter",
    "pointserve_rejected_total counter", "pointserve_cancelled_total counter",
    "pointserve_tls_certificate_not_after_seconds gauge",
    "pointserve_tls_reload_failures_total counter", "pointserve_build_info gauge",
    "pointserve_workers gauge",
  ]

  private func makeUsedMetrics() -> ServiceMetrics {
    let metrics = ServiceMetrics(version: "1.2.3", instructionSet: "avx512", workerCount: 2)
    let model = metrics.model("demo", version: 1)
    model.requestSuccess.increment()
    model.requestFailure(reason: "REJECTED").increment()
    metrics.decodeTime.series("las").observe(.milliseconds(3))
    metrics.recordRelease(reason: "full", pointCount: 8192, queueTimes: [.zero, .milliseconds(2)])
    metrics.httpRequests.series("segment", "POST", "200").increment()
    metrics.modelInfo.series("demo", "1", "abc").set(1)
    metrics.modelLoadTime.series("demo", "1").set(0.25)
    metrics.rejected.series("queue_full").increment()
    metrics.certificateNotAfter.series().set(2e9)
    return metrics
  }

  @Test func `every name of the catalogue is written once, with its type`() {
    let types = makeUsedMetrics().registry.exposition().split(separator: "\n").filter {
      $0.hasPrefix("# TYPE ") && !$0.contains(" process_")
    }
    #expect(
      types.map { $0.dropFirst("# TYPE ".count) }.sorted().map(String.init)
        == Self.catalogue.sorted())
  }

  @Test func `a release counts the batch, its items and their waiting`() {
    let lines = Set(makeUsedMetrics().registry.exposition().split(separator: "\n"))
    #expect(lines.contains(#"pointserve_batch_release_total{reason="full"} 1"#))
    #expect(lines.contains("pointserve_batch_points_sum 8192"))
    #expect(lines.contains("pointserve_batch_requests_sum 2"))
    #expect(lines.contains("pointserve_queue_seconds_count 2"))
    #expect(lines.contains("pointserve_queue_seconds_sum 0.002"))
  }

  @Test func `a model that is removed leaves no series`() {
    let metrics = makeUsedMetrics()
    metrics.removeModel("demo", version: 1, sha256: "abc")
    let text = metrics.registry.exposition()
    #expect(!text.contains("nv_inference"))
    #expect(!text.contains("demo"))
  }

  @Test(arguments: ["full", "delay", "drain"])
  func `a reason to send a batch is counted from zero`(reason: String) {
    let metrics = ServiceMetrics(version: "1.2.3", instructionSet: "portable", workerCount: 2)
    let line = "pointserve_batch_release_total{reason=\"\(reason)\"} 0\n"
    #expect(metrics.registry.exposition().contains(line))
  }

  @Test(arguments: ["queue_full", "too_many_points", "too_many_bytes", "draining"])
  func `a reason to reject a request is counted from zero`(reason: String) {
    let metrics = ServiceMetrics(version: "1.2.3", instructionSet: "portable", workerCount: 2)
    let line = "pointserve_rejected_total{reason=\"\(reason)\"} 0\n"
    #expect(metrics.registry.exposition().contains(line))
  }

  @Test func `without a certificate its end is not claimed`() {
    let metrics = ServiceMetrics(version: "1.2.3", instructionSet: "portable", workerCount: 2)
    #expect(!metrics.registry.exposition().contains("not_after"))
  }
}
