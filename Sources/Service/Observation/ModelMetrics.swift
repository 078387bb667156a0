import Locking
package import Metrics

/// Triton's metrics of one version of a model; durations are in microseconds, summed up.
package struct ModelMetrics: Sendable {
  fileprivate let failures: MetricFamily<Counter>
  fileprivate let labels: (name: String, version: String)

  package let requestSuccess: Counter
  /// Requests or windows computed: the sizes of the batches, summed up.
  package let inferenceCount: Counter
  /// Batches computed.
  package let executionCount: Counter
  package let requestDuration: Counter
  package let queueDuration: Counter
  package let computeInputDuration: Counter
  package let computeInferDuration: Counter
  package let computeOutputDuration: Counter
  package let pendingRequests: Gauge

  /// The failed requests of that reason, one of a fixed set (Triton: REJECTED, CANCELED, BACKEND,
  /// OTHER).
  package func requestFailure(reason: String) -> Counter {
    failures.series(labels.name, labels.version, reason)
  }
}

/// Triton's families, with a series for each version of each model.
struct ModelMetricFamilies: Sendable {
  private static let failureReasons = ["REJECTED", "CANCELED", "BACKEND", "OTHER"]

  private let success: MetricFamily<Counter>
  private let failure: MetricFamily<Counter>
  private let count: MetricFamily<Counter>
  private let executionCount: MetricFamily<Counter>
  private let requestDuration: MetricFamily<Counter>
  private let queueDuration: MetricFamily<Counter>
  private let computeInputDuration: MetricFamily<Counter>
  private let computeInferDuration: MetricFamily<Counter>
  private let computeOutputDuration: MetricFamily<Counter>
  private let pending: MetricFamily<Gauge>
  /// Looked up once and kept: each request and each batch counts in many series.
  private let known = Lock<[[String]: ModelMetrics]>([:])

  init(registry: MetricRegistry) {
    func counter(_ name: String, _ help: String, _ more: [String] = []) -> MetricFamily<Counter> {
      registry.counter("nv_inference_\(name)", help, labels: ["model", "version"] + more)
    }
    success = counter("request_success", "Inference requests that succeeded.")
    failure = counter("request_failure", "Inference requests that failed.", ["reason"])
    count = counter("count", "Inferences performed, each item of a batch counted.")
    executionCount = counter("exec_count", "Batches computed.")
    requestDuration = counter("request_duration_us", "Time of all requests, in microseconds.")
    queueDuration = counter(
      "queue_duration_us", "Time that all requests waited for a batch, in microseconds.")
    computeInputDuration = counter(
      "compute_input_duration_us", "Time spent preparing inputs, in microseconds.")
    computeInferDuration = counter(
      "compute_infer_duration_us", "Time spent running the model, in microseconds.")
    computeOutputDuration = counter(
      "compute_output_duration_us", "Time spent making outputs, in microseconds.")
    pending = registry.gauge(
      "nv_inference_pending_request_count", "Requests, or windows of them, waiting for a batch.",
      labels: ["model", "version"])
  }

  func series(_ name: String, version: String) -> ModelMetrics {
    known.withLock { known in
      if let metrics = known[[name, version]] { return metrics }
      let metrics = makeSeries(name, version: version)
      known[[name, version]] = metrics
      return metrics
    }
  }

  private func makeSeries(_ name: String, version: String) -> ModelMetrics {
    for reason in Self.failureReasons { _ = failure.series(name, version, reason) }
    return ModelMetrics(
      failures: failure, labels: (name, version),
      requestSuccess: success.series(name, version),
      inferenceCount: count.series(name, version),
      executionCount: executionCount.series(name, version),
      requestDuration: requestDuration.series(name, version),
      queueDuration: queueDuration.series(name, version),
      computeInputDuration: computeInputDuration.series(name, version),
      computeInferDuration: computeInferDuration.series(name, version),
      computeOutputDuration: computeOutputDuration.series(name, version),
      pendingRequests: pending.series(name, version))
  }

  func remove(_ name: String, version: String) {
    known.withLock { $0[[name, version]] = nil }
    for reason in Self.failureReasons { failure.remove(name, version, reason) }
    for family in [
      success, count, executionCount, requestDuration, queueDuration, computeInputDuration,
      computeInferDuration, computeOutputDuration,
    ] { family.remove(name, version) }
    pending.remove(name, version)
  }
}
