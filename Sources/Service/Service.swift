import Locking
import Batching
import CAssets
package import HTTPServer
import Layers
package import Logging
import Metrics
import Models
import Segmentation

/// The whole service: models, threads, routes, server.
package final class Service: Sendable {
  private let context: ServiceContext
  private let readiness: Readiness
  private let server: HTTPServer
  /// The table of routes, in the order of `routes(context:readiness:)`.
  let routes: [HTTPRouter.Route]
  private let tls: TLSContext?
  private let keys: APIKeys?
  private let reloads: TaskPool
  private let periodicTasks = Lock<[Task<Void, Never>]>([])

  /// Starts the threads; nothing is loaded and nobody is listened to yet.
  ///
  /// - Parameters:
  ///   - configuration: checked.
  ///   - log: where everything but the access log goes; its level holds for both.
  ///   - accessLog: takes a line for each request; nil for none.
  /// - Throws: `WorkerThreadError` when a thread can't be started, `TLSError` and `APIKeyError` for
  ///   files that can't be used.
  package init(
    configuration: ServiceConfiguration, log: Logger, accessLog: AccessLog? = nil
  ) throws {
    tls = try configuration.tls.map { files throws(TLSError) in try TLSContext(files) }
    keys = try configuration.apiKeyFile.map { path throws(APIKeyError) in
      try APIKeys(file: path)
    }
    let repository = ModelRepository(directory: configuration.modelRepository) { model in
      guard model.manifest.segmentation != nil else { return nil }
      do {
        _ = try Segmenter(model: model)
        return nil
      } catch {
        return "segmentation: \(error)"
      }
    }
    let metrics = ServiceMetrics(
      version: ServiceVersion.number, instructionSet: InstructionSet.name,
      workerCount: configuration.threadCount)
    let monitor = ServiceMonitor(metrics: metrics, log: log, accessLog: accessLog)
    let engine = try InferenceEngine(
      workerCount: configuration.threadCount, limits: configuration.admission, observer: monitor,
      onBatch: { monitor.computed($0) })
    reloads = try TaskPool(threadCount: 1, name: "reload")
    context = ServiceContext(
      configuration: configuration, repository: repository, engine: engine, monitor: monitor)
    readiness = Readiness(repository: repository)
    let router = Self.routes(context: context, readiness: readiness)
    routes = router.routes
    server = HTTPServer(
      configuration: Self.serverConfiguration(configuration), router: router, keys: keys,
      observer: monitor)
  }

  /// The table of routes, which openapi.yaml describes.
  static func routes(context: ServiceContext, readiness: Readiness) -> HTTPRouter {
    let health = HealthEndpoint(readiness: readiness)
    let models = ModelEndpoints(context: context)
    let repository = RepositoryEndpoints(context: context)
    let infer = InferEndpoint(context: context)
    let segment = SegmentEndpoint(context: context)
    let layers = LayersEndpoint(context: context)
    let inferring = HTTPRouteOptions(requiresBody: true, scope: "infer", isRateLimited: true)
    let reading = HTTPRouteOptions(scope: "infer")
    let asking = HTTPRouteOptions(
      maximumBodyByteCount: Self.controlBodyByteCount, scope: "infer")
    let administering = HTTPRouteOptions(
      maximumBodyByteCount: Self.controlBodyByteCount, scope: "admin")
    let uploading = HTTPRouteOptions(scope: "admin")
    var router = HTTPRouter()

    router.add(.get, "/", answer: AssetEndpoints.page)
    router.add(.get, "/openapi.yaml", answer: AssetEndpoints.openAPI)
    router.add(.get, "/health/live", answer: health.live)
    router.add(.get, "/health/ready", answer: health.ready)
    router.add(.get, "/metrics", options: HTTPRouteOptions(scope: "metrics")) { _ in
      MetricsEndpoint.answer(context)
    }

    router.add(.get, "/v2", answer: models.server)
    router.add(.get, "/v2/", answer: models.server)
    router.add(.get, "/v2/health/live", answer: health.live)
    router.add(.get, "/v2/health/ready", answer: health.ready)
    router.add(.get, "/v2/models", options: reading, answer: models.list)
    router.add(.get, "/v2/models/stats", options: reading, answer: models.statistics)
    for model in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
      router.add(.get, model, options: reading, answer: models.metadata)
      router.add(.get, model + "/ready", options: reading, answer: models.ready)
      router.add(.get, model + "/config", options: reading, answer: models.configuration)
      router.add(.get, model + "/stats", options: reading, answer: models.statistics)
      router.add(.get, model + "/layers", options: reading, layers)
      router.add(.post, model + "/infer", options: inferring, infer)
      router.add(.post, model + "/segment", options: inferring, segment)
    }
    router.add(.post, "/v2/models/{model}/labels/{label}/infer", options: inferring, infer)
    router.add(.post, "/v2/models/{model}/labels/{label}/segment", options: inferring, segment)

    router.add(.post, "/v2/repository/index", options: asking, answer: repository.index)
    router.add(
      .post, "/v2/repository/models/{model}/load", options: uploading,
      ModelControlEndpoint(context: context, action: .load))
    router.add(
      .post, "/v2/repository/models/{model}/unload", options: administering,
      ModelControlEndpoint(context: context, action: .unload))

    let logging = LoggingEndpoint(monitor: context.monitor)
    router.add(.get, "/v2/logging", options: administering, answer: logging.read)
    router.add(.post, "/v2/logging", options: administering, answer: logging.update)
    let trace = TraceEndpoint(context: context)
    for path in ["/v2/trace/setting", "/v2/models/{model}/trace/setting"] {
      router.add(.get, path, options: asking, answer: trace.settings)
      router.add(.post, path, options: asking, answer: trace.settings)
    }
    for memory in ["/v2/systemsharedmemory", "/v2/cudasharedmemory"] {
      let region = memory + "/region/{region}"
      router.add(.get, memory + "/status", options: asking, answer: SharedMemoryEndpoint.status)
      router.add(.get, region + "/status", options: asking, answer: SharedMemoryEndpoint.status)
      for path in [region + "/register", region + "/unregister", memory + "/unregister"] {
        router.add(.post, path, options: asking, answer: SharedMemoryEndpoint.refuse)
      }
    }
    return router
  }

  /// The most bytes of a body that an event loop reads as JSON.
  private static let controlBodyByteCount = 64 << 10

  private static func serverConfiguration(
    _ configuration: ServiceConfiguration
  ) -> HTTPServerConfiguration {
    var server = HTTPServerConfiguration()
    server.parser.headerByteCount = configuration.maximumHeaderBytes
    server.maximumBodyByteCount = configuration.maximumBodyBytes
    server.maximumConnectionCount = configuration.maximumConnections
    server.maximumConnectionCountPerClient = configuration.maximumConnectionsPerClient
    server.headerTimeout = configuration.headerTimeout
    server.bodyTimeout = configuration.bodyTimeout
    server.idleTimeout = configuration.idleTimeout
    server.requestTimeout = configuration.requestTimeout
    let rate = configuration.clientRequestsPerSecond
    server.requestsPerSecondPerClient = rate > 0 ? Double(rate) : nil
    server.requestBurstPerClient = configuration.clientRequestBurst
    server.crossOrigin = CrossOriginPolicy(allowedOrigins: configuration.allowedOrigins)
    return server
  }

  /// Starts listening; models are loaded meanwhile, and `/health/ready` tells when they are.
  ///
  /// - Returns: the address in use.
  /// - Throws: `HTTPServerError` when the address can't be used.
  package func start() throws -> SocketAddress {
    let address = try server.listen(
      host: context.configuration.host, port: context.configuration.port, tls: tls)
    showCertificate()
    reloadModels()
    repeatedly(every: context.configuration.reloadInterval) { $0.reloadModels() }
    if tls != nil {
      repeatedly(every: Self.certificateCheckInterval) { $0.reloadCertificate(isForced: false) }
    }
    return address
  }

  /// How often the certificate's files are looked at.
  private static let certificateCheckInterval = Duration.seconds(10)

  private func repeatedly(every interval: Duration, _ action: @escaping @Sendable (Service) -> Void)
  {
    guard interval > .zero else { return }
    let task = Task.detached { [weak self] in
      // Sleeping ends early only when the task is cancelled, which is the end of it.
      while (try? await Task.sleep(for: interval)) != nil {
        if let self { action(self) }
      }
    }
    periodicTasks.withLock { $0.append(task) }
  }

  /// Reads models, certificate and API keys again, on a thread of its own.
  package func reload() {
    reloadModels()
    reloadCertificate(isForced: true)
    guard let keys else { return }
    onReloadThread { service in
      do throws(APIKeyError) {
        try keys.reload()
        service.context.monitor.log.info("API keys loaded")
      } catch {
        service.context.monitor.log.error("API keys refused: \(error)")
      }
    }
  }

  private func reloadModels() {
    onReloadThread { service in
      let context = service.context
      let events = context.repository.reload()
      context.monitor.report(events, in: context.repository)
      service.readiness.didRead(events)
      if events.isEmpty, context.repository.index.isEmpty {
        context.monitor.log.warning(
          "the model repository holds no model",
          metadata: ["expected": "<model>/<version>/model.json"])
      }
    }
  }

  private func reloadCertificate(isForced: Bool) {
    guard let tls else { return }
    onReloadThread { service in
      do throws(TLSError) {
        if isForced {
          try tls.reload()
        } else if try !tls.reloadIfChanged() {
          return
        }
        service.showCertificate()
        service.context.monitor.log.info("certificate loaded")
      } catch {
        service.context.monitor.metrics.certificateReloadFailures.increment()
        service.context.monitor.log.error("certificate refused, the old one stays: \(error)")
      }
    }
  }

  private func showCertificate() {
    guard let tls else { return }
    context.monitor.metrics.certificateNotAfter.series().set(Double(tls.notAfter))
  }

  private func onReloadThread(_ work: @escaping @Sendable (Service) -> Void) {
    do {
      try reloads.submit { [weak self] in
        if let self { work(self) }
      }
    } catch {
      context.monitor.log.notice("not reloading: \(error)")
    }
  }

  /// Answers "not ready" from now on, goes on accepting for the configured delay, then finishes
  /// what was accepted and stops.
  ///
  /// - Returns: whether everything accepted was answered within the drain timeout.
  package func drain() async -> Bool {
    readiness.beginDrain()
    periodicTasks.withLock { tasks in
      for task in tasks { task.cancel() }
    }
    server.stopKeepingAlive()
    do {
      try await Task.sleep(for: context.configuration.preDrainDelay)
    } catch {
      // Only a cancelled task wakes early, and then the delay is over.
    }
    context.engine.drain()
    let cutOff = await server.drain(within: context.configuration.drainTimeout)
    context.engine.finish()
    reloads.finish()
    return cutOff == 0
  }
}
