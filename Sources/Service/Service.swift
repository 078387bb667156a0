import Batching
import CAssets
package import HTTPServer
import Layers
package import Logging
import Metrics
import Models
import Segmentation
import Synchronization

/// The whole service: models, threads, routes, server.
package final class Service: Sendable {
  private let context: ServiceContext
  private let readiness: Readiness
  private let server: HTTPServer
  /// The table of routes, in the order of `routes(context:readiness:)`.
  let routes: [HTTPRouter.Route]
  private let reloads: TaskPool
  /// Reads the repository again at the configured interval; `nil` when that is zero.
  private let periodicReload = Mutex<Task<Void, Never>?>(nil)

  /// Starts the threads; nothing is loaded and nobody is listened to yet.
  ///
  /// - Parameters:
  ///   - configuration: checked.
  ///   - log: where the access log and everything else goes.
  /// - Throws: `WorkerThreadError` when a thread can't be started.
  package init(configuration: ServiceConfiguration, log: Logger) throws {
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
    let monitor = ServiceMonitor(metrics: metrics, log: log)
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
      configuration: Self.serverConfiguration(configuration), router: router, observer: monitor)
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
    let administering = HTTPRouteOptions(scope: "admin")
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

    router.add(.post, "/v2/repository/index", options: reading, answer: repository.index)
    router.add(
      .post, "/v2/repository/models/{model}/load", options: administering,
      ModelControlEndpoint(context: context, action: .load))
    router.add(
      .post, "/v2/repository/models/{model}/unload", options: administering,
      ModelControlEndpoint(context: context, action: .unload))
    return router
  }

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
    return server
  }

  /// Starts listening; models are loaded meanwhile, and `/health/ready` tells when they are.
  ///
  /// - Returns: the address in use.
  /// - Throws: `HTTPServerError` when the address can't be used.
  package func start() throws -> SocketAddress {
    let address = try server.listen(
      host: context.configuration.host, port: context.configuration.port)
    reload()
    startReloading(every: context.configuration.reloadInterval)
    return address
  }

  private func startReloading(every interval: Duration) {
    guard interval > .zero else { return }
    let task = Task.detached { [weak self] in
      // Sleeping ends early only when the task is cancelled, which is the end of it.
      while (try? await Task.sleep(for: interval)) != nil { self?.reload() }
    }
    periodicReload.withLock { $0 = task }
  }

  /// Reads the model repository again, on a thread of its own.
  package func reload() {
    let context = context
    let readiness = readiness
    do {
      try reloads.submit {
        context.monitor.report(context.repository.reload(), in: context.repository)
        readiness.didRead()
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
    periodicReload.withLock { $0?.cancel() }
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
