import Batching
import HTTPServer
import Models
import Segmentation

/// What every endpoint needs.
struct ServiceContext: Sendable {
  let configuration: ServiceConfiguration
  let repository: ModelRepository
  let engine: InferenceEngine
  let monitor: ServiceMonitor

  /// The model, version or label that a path names.
  ///
  /// - Throws: `HTTPFailure` 404, or 503 for a model that is known and not ready.
  func model(of request: HTTPRequest) throws(HTTPFailure) -> LoadedModel {
    let name = request.parameter("model")
    let version = try request.parameters["version"].map { text throws(HTTPFailure) in
      try Self.version(text, of: name)
    }
    do throws(ModelLookupError) {
      if let label = request.parameters["label"] {
        return try repository.model(named: name, label: label)
      }
      return try repository.model(named: name, version: version)
    } catch {
      throw HTTPFailure(error)
    }
  }

  private static func version(_ text: String, of model: String) throws(HTTPFailure) -> Int {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw HTTPFailure(
        .badRequest, code: "invalid_version",
        message: "expected a version as a whole number, found \(text)")
    }
    guard let version = Int(text) else {
      throw HTTPFailure(
        .notFound, code: "unknown_version",
        message: "the model \"\(model)\" has no version \(text)",
        detail: [("model", .string(model)), ("version", .string(text))])
    }
    return version
  }

  /// The pre-processing of a model that takes clouds.
  ///
  /// - Throws: `HTTPFailure` 400 for a model that only takes tensors.
  func segmenter(of model: LoadedModel) throws(HTTPFailure) -> Segmenter {
    do {
      return try Segmenter(model: model)
    } catch {
      throw HTTPFailure(error)
    }
  }

  /// What a request is refused with, and counted as, before its body is read; nil when there is
  /// room for it now.
  func refusal(of head: HTTPRequestHead) -> HTTPFailure? {
    do throws(AdmissionError) {
      try engine.admission.check(bytes: head.announcedByteCount)
      return nil
    } catch {
      return rejection(error)
    }
  }

  /// Lets a request in, or not.
  ///
  /// - Throws: `HTTPFailure` 413 or 503 with Retry-After.
  func admit(bytes: Int) throws(HTTPFailure) -> Permit {
    do {
      return try engine.admission.admit(bytes: bytes)
    } catch {
      throw rejection(error)
    }
  }

  /// Claims the points of a request, once they are known.
  ///
  /// - Throws: `HTTPFailure` 413 or 503 with Retry-After.
  func extend(_ permit: Permit, points: Int) throws(HTTPFailure) {
    do {
      try permit.extend(points: points)
    } catch {
      throw rejection(error)
    }
  }

  private func rejection(_ error: AdmissionError) -> HTTPFailure {
    let failure = HTTPFailure(
      error, retryAfterSeconds: engine.admission.retryAfterSeconds(error))
    monitor.rejected(code: failure.code)
    return failure
  }

  /// Runs work on the pool, or answers that the service has shut down.
  func run(_ exchange: HTTPExchange, _ work: @escaping @Sendable () -> Void) {
    do {
      try engine.tasks.submit(work)
    } catch {
      exchange.fail(.shutDown)
    }
  }

  /// Lets validated tensors wait for a batch; see `InferenceEngine.submit`.
  ///
  /// - Throws: `HTTPFailure` 503 when the service has shut down.
  func submit(
    _ tensors: [HostTensor], pointCount: Int, to model: LoadedModel,
    deadline: ContinuousClock.Instant,
    completion: @escaping @Sendable (InferenceEngine.Outcome) -> Void
  ) throws(HTTPFailure) -> [BatchItemID] {
    do {
      return try engine.submit(
        tensors, pointCount: pointCount, to: model, deadline: deadline, completion: completion)
    } catch {
      throw .shutDown
    }
  }
}
