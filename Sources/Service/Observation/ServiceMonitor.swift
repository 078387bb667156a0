package import Batching
package import HTTPServer
import Logging
import Metrics
import Models
import Synchronization

/// Keeps the metrics, the statistics of the inference protocol and the access log.
package final class ServiceMonitor: Sendable {
  package let metrics: ServiceMetrics
  let statistics = ModelStatistics()
  private let logger: Mutex<Logger>
  private let shownModels = Mutex<[LoadedModel]>([])

  private let accessLog: AccessLog?
  private let requestCounters: RequestCounters

  /// Creates the monitor of one service.
  init(metrics: ServiceMetrics, log: Logger, accessLog: AccessLog?) {
    self.metrics = metrics
    self.accessLog = accessLog
    logger = Mutex(log)
    requestCounters = RequestCounters(family: metrics.httpRequests)
  }

  /// Where log lines go.
  var log: Logger { logger.withLock { $0 } }

  /// The least severe log line that is written.
  var logLevel: Logger.Level {
    get { log.logLevel }
    set { logger.withLock { $0.logLevel = newValue } }
  }

  /// A request was answered.
  ///
  /// - Parameters:
  ///   - model: the model that answered.
  ///   - duration: from arrival to the encoded answer.
  ///   - times: how the time was spent.
  ///   - pointCount: its points.
  func succeeded(_ model: LoadedModel, duration: Duration, times: RequestTimes, pointCount: Int) {
    let series = metrics.model(model.name, version: model.version)
    series.requestSuccess.increment()
    series.requestDuration.increment(by: microseconds(duration))
    series.queueDuration.increment(by: microseconds(times.queue))
    series.computeInputDuration.increment(by: microseconds(times.input))
    series.computeInferDuration.increment(by: microseconds(times.compute))
    series.computeOutputDuration.increment(by: microseconds(times.output))
    metrics.requestDuration.observe(duration)
    metrics.points.increment(by: UInt64(pointCount))
    statistics.recordSuccess(model, duration: duration, times: times)
  }

  /// A request of a known model was not answered.
  func failed(_ model: LoadedModel, _ reason: FailureReason, after duration: Duration) {
    metrics.model(model.name, version: model.version).requestFailure(reason: reason.rawValue)
      .increment()
    statistics.recordFailure(model, duration: duration)
  }

  /// A request was turned away before any work was done for it.
  func rejected(code: String) { metrics.rejected.series(code).increment() }

  /// A body was decoded.
  func decoded(_ format: String, duration: Duration) {
    metrics.decodeTime.series(format).observe(duration)
  }

  /// A batch was computed.
  func computed(_ batch: BatchReport) {
    let series = metrics.model(batch.model.name, version: batch.model.version)
    series.executionCount.increment()
    series.inferenceCount.increment(by: UInt64(batch.requestCount))
    metrics.computeTime.observe(batch.duration)
    statistics.recordBatch(batch)
  }

  /// Writes the log lines and metrics of what happened in the model repository.
  func report(_ events: [ModelEvent], in repository: ModelRepository) {
    for event in events {
      switch event {
      case .loaded(let name, let version, let duration):
        log.info(
          "model loaded",
          metadata: [
            "model": "\(name)", "version": "\(version)",
            "milliseconds": "\(ServerTiming.milliseconds(duration))",
          ])
      case .refused(let name, let version, let reason, let keepsServing):
        metrics.modelReloadFailures.increment()
        log.error(
          "model refused",
          metadata: [
            "model": "\(name)", "version": "\(version)", "reason": "\(reason)",
            "keeps_serving": "\(keepsServing)",
          ])
      case .removed(let name, let version):
        log.info("model removed", metadata: ["model": "\(name)", "version": "\(version)"])
      case .unloaded(let name):
        log.info("model unloaded", metadata: ["model": "\(name)"])
      case .labelsRefused(let name, let reason):
        metrics.modelReloadFailures.increment()
        log.error("labels refused", metadata: ["model": "\(name)", "reason": "\(reason)"])
      case .unreadable(let reason):
        metrics.modelReloadFailures.increment()
        log.error("model repository unreadable", metadata: ["reason": "\(reason)"])
      }
    }
    guard !events.isEmpty else { return }
    showModels(repository.loadedModels)
  }

  /// Begins the series of models that are served now and ends those of models that no longer are.
  private func showModels(_ loaded: [LoadedModel]) {
    shownModels.withLock { shown in
      for model in shown where !loaded.contains(where: { $0 === model }) {
        metrics.removeModel(model.name, version: model.version, sha256: model.sha256)
      }
      for model in loaded {
        metrics.modelInfo.series(model.name, "\(model.version)", model.sha256).set(1)
        metrics.modelLoadTime.series(model.name, "\(model.version)")
          .set(model.loadDuration / .seconds(1))
        _ = metrics.model(model.name, version: model.version)
      }
      shown = loaded
    }
  }

  /// Whole microseconds as the counters of the Triton metrics want them.
  private func microseconds(_ duration: Duration) -> UInt64 {
    UInt64(max(0, duration / .microseconds(1)))
  }
}

/// Why a request of a known model was not answered, in Triton's words.
enum FailureReason: String {
  case rejected = "REJECTED"
  case canceled = "CANCELED"
  case backend = "BACKEND"
  case other = "OTHER"
}

/// How the time of one request was spent.
struct RequestTimes: Sendable {
  var queue = Duration.zero
  /// Decoding and preparing.
  var input = Duration.zero
  var compute = Duration.zero
  /// Encoding.
  var output = Duration.zero
}

extension ServiceMonitor: BatchObserver {
  package typealias Lane = ModelLane

  package func batchReleased(
    lane: ModelLane, reason: BatchReleaseReason, pointCount: Int, queueTimes: [Duration]
  ) {
    metrics.recordRelease(reason: reason.rawValue, pointCount: pointCount, queueTimes: queueTimes)
  }

  package func itemExpired(lane: ModelLane, pointCount: Int, queueTime: Duration) {
    rejected(code: "deadline_passed")
  }

  package func itemCancelled(lane: ModelLane, pointCount: Int, queueTime: Duration) {}
}

extension ServiceMonitor: HTTPServerObserver {
  package func connectionOpened(_ remoteAddress: SocketAddress) { metrics.httpConnections.add(1) }

  package func connectionClosed(_ remoteAddress: SocketAddress) { metrics.httpConnections.add(-1) }

  package func refused(_ failure: HTTPFailure, _ remoteAddress: SocketAddress) {
    // What was refused for another reason than want of room shows in its status.
    guard failure.status == .serviceUnavailable || failure.status == .tooManyRequests else {
      return
    }
    rejected(code: failure.code)
  }

  package func requestFinished(_ record: HTTPRequestRecord) {
    requestCounters.counter(of: record).increment()
    if case .cancelled = record.outcome { metrics.cancelled.increment() }
    if let accessLog, logLevel <= .info { accessLog.write(record) }
  }
}
