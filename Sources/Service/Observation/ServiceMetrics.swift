import Batching
package import Metrics

/// Every metric of the service, by its name.
///
/// The names that begin with `nv_inference` are those of Triton, with its meaning, so that
/// dashboards made for it work; the others keep the conventions of Prometheus (base units).
package struct ServiceMetrics: Sendable {
  package let registry: MetricRegistry

  private let models: ModelMetricFamilies

  /// Whole requests for inference or segmentation.
  package let requestDuration: Histogram
  /// From arrival to release, by item (a request or one window of it).
  package let queueTime: Histogram
  package let neighborsTime: Histogram
  package let computeTime: Histogram
  /// Label: format.
  package let decodeTime: MetricFamily<Histogram>
  package let points: Counter
  package let batchPoints: Histogram
  package let batchRequests: Histogram
  /// Label: reason, one of full, delay and drain.
  package let batchReleases: MetricFamily<Counter>
  package let queuePoints: Gauge
  package let queueBytes: Gauge
  /// Labels: route (never a raw path), method, status.
  package let httpRequests: MetricFamily<Counter>
  package let httpConnections: Gauge
  /// Labels: model, version, sha256; always 1.
  package let modelInfo: MetricFamily<Gauge>
  /// Labels: model, version; the latest load.
  package let modelLoadTime: MetricFamily<Gauge>
  package let modelReloadFailures: Counter
  /// Label: reason.
  package let rejected: MetricFamily<Counter>
  package let cancelled: Counter
  /// Without labels; absent until there is a certificate.
  package let certificateNotAfter: MetricFamily<Gauge>
  package let certificateReloadFailures: Counter

  /// Registers all of them.
  ///
  /// - Parameters:
  ///   - version: The version of the service.
  ///   - instructionSet: The kernels in use, for instance `avx512`.
  ///   - workerCount: The compute threads.
  package init(version: String, instructionSet: String, workerCount: Int) {
    let registry = MetricRegistry()
    self.registry = registry
    registry.register(ProcessCollector())
    registry.gauge(
      "pointserve_build_info", "The version and kernels of this process; always 1.",
      labels: ["version", "isa"]
    ).series(version, instructionSet).set(1)
    registry.gauge("pointserve_workers", "Compute threads.").set(Double(workerCount))

    models = ModelMetricFamilies(registry: registry)
    requestDuration = registry.histogram(
      "pointserve_request_duration_seconds",
      "Time from the first byte of an inference or segmentation request to the end of its answer.",
      upperBounds: Buckets.seconds)
    queueTime = registry.histogram(
      "pointserve_queue_seconds", "Time that work waited for a batch.",
      upperBounds: Buckets.seconds)
    neighborsTime = registry.histogram(
      "pointserve_neighbors_seconds", "Time spent finding the neighbors of a request's points.",
      upperBounds: Buckets.seconds)
    computeTime = registry.histogram(
      "pointserve_compute_seconds", "Time that one batch was computed.",
      upperBounds: Buckets.seconds)
    decodeTime = registry.histogram(
      "pointserve_decode_seconds", "Time spent decoding a request body.", labels: ["format"],
      upperBounds: Buckets.seconds)
    points = registry.counter("pointserve_points_total", "Points computed.")
    batchPoints = registry.histogram(
      "pointserve_batch_points", "Points of a batch.", upperBounds: Buckets.points)
    batchRequests = registry.histogram(
      "pointserve_batch_requests", "Requests, or windows of requests, of a batch.",
      upperBounds: Buckets.requests)
    batchReleases = registry.counter(
      "pointserve_batch_release_total", "Batches computed, by why they were sent.",
      labels: ["reason"])
    queuePoints = registry.gauge("pointserve_queue_points", "Points admitted and not yet answered.")
    queueBytes = registry.gauge(
      "pointserve_queue_bytes", "Bytes of request bodies admitted and not yet answered.")
    httpRequests = registry.counter(
      "pointserve_http_requests_total", "HTTP requests answered.",
      labels: ["route", "method", "status"], seriesLimit: 1024)
    httpConnections = registry.gauge("pointserve_http_connections", "Open connections.")
    modelInfo = registry.gauge(
      "pointserve_model_info", "The models that are loaded; always 1.",
      labels: ["model", "version", "sha256"])
    modelLoadTime = registry.gauge(
      "pointserve_model_load_seconds", "Time that the latest load of a model took.",
      labels: ["model", "version"])
    modelReloadFailures = registry.counter(
      "pointserve_model_reload_failures_total", "Loads of a model that were refused.")
    rejected = registry.counter(
      "pointserve_rejected_total", "Requests refused for want of room or time, by reason.",
      labels: ["reason"])
    cancelled = registry.counter(
      "pointserve_cancelled_total", "Requests whose client had gone before the answer.")
    certificateReloadFailures = registry.counter(
      "pointserve_tls_reload_failures_total", "Loads of a certificate that were refused.")
    certificateNotAfter = registry.gauge(
      "pointserve_tls_certificate_not_after_seconds",
      "End of the certificate's validity, in seconds since 1970.", labels: [])
    // A rate sees the first increment of a series only if it was there before.
    for reason in BatchReleaseReason.allCases { _ = batchReleases.series(reason.rawValue) }
    for code in Self.rejectionCodes { _ = rejected.series(code) }
  }

  /// Of the failures that `pointserve_rejected_total` counts.
  private static let rejectionCodes = [
    "queue_full", "too_many_points", "too_many_bytes", "draining",
  ]

  /// The series of one version of a model; keep them as long as it is loaded.
  package func model(_ name: String, version: Int) -> ModelMetrics {
    models.series(name, version: String(version))
  }

  /// Ends the series of a version no longer loaded.
  package func removeModel(_ name: String, version: Int, sha256: String) {
    models.remove(name, version: String(version))
    modelLoadTime.remove(name, String(version))
    modelInfo.remove(name, String(version), sha256)
  }

  /// Records a batch on its way to a worker.
  ///
  /// - Parameters:
  ///   - reason: Why it was sent: full, delay or drain.
  ///   - pointCount: Its points.
  ///   - queueTimes: How long each of its items has waited.
  package func recordRelease(reason: String, pointCount: Int, queueTimes: [Duration]) {
    batchReleases.series(reason).increment()
    batchPoints.observe(Double(pointCount))
    batchRequests.observe(Double(queueTimes.count))
    for time in queueTimes { queueTime.observe(time) }
  }
}
