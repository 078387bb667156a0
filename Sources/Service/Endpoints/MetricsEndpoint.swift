import Batching
import HTTPServer
import Metrics
import Models

/// `GET /metrics`.
enum MetricsEndpoint {
  static func answer(_ context: ServiceContext) -> HTTPResponse {
    let metrics = context.monitor.metrics
    let admitted = context.engine.admission.admitted
    metrics.queuePoints.set(Double(admitted.points))
    metrics.queueBytes.set(Double(admitted.bytes))
    let pending = context.engine.pendingByModel
    for status in context.repository.index where status.state == .ready {
      let waiting = pending.first {
        $0.key.model.name == status.name && $0.key.model.version == status.version
      }
      metrics.model(status.name, version: status.version).pendingRequests
        .set(Double(waiting?.value.requests ?? 0))
    }
    return .text(metrics.registry.exposition(), contentType: ExpositionText.contentType)
  }
}
