import HTTPServer
import Layers
import Models

/// The routes that read and change the model repository.
struct RepositoryEndpoints {
  let context: ServiceContext

  /// `POST /v2/repository/index`, with a body of `{"ready": true}` only what is ready.
  @Sendable func index(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    let isReadyOnly: Bool
    switch try request.jsonMembers()["ready"] {
    case nil, .null: isReadyOnly = false
    case .bool(let isOn): isReadyOnly = isOn
    case let other?: throw .malformedJSON("ready: expected true or false, found \(other.summary)")
    }
    let lines = context.repository.index.filter { !isReadyOnly || $0.state == .ready }
    return .json(
      JSONWriter.write(
        .array(
          lines.map { line in
            [
              "name": .string(line.name), "version": .string("\(line.version)"),
              "state": .string(line.state.rawValue), "reason": .string(line.reason),
            ]
          })))
  }
}

/// `POST /v2/repository/models/{model}/load` and `…/unload`.
struct ModelControlEndpoint: HTTPHandler {
  /// What is done with the model.
  enum Action {
    case load
    case unload

    /// The parameters that change nothing here: no model depends on another.
    var harmlessParameters: Set<String> { self == .unload ? ["unload_dependents"] : [] }
  }

  let context: ServiceContext
  let action: Action

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let name = request.parameter("model")
    do {
      try checkParameters(of: request)
    } catch {
      exchange.fail(error)
      return
    }
    // Reading files takes its time, and an event loop has none.
    context.run(exchange) {
      do throws(ModelLookupError) {
        switch action {
        case .load: report(try context.repository.load(name))
        case .unload:
          try context.repository.unload(name)
          report([.unloaded(name: name)])
        }
        exchange.respond(.json(Array("{}".utf8)))
      } catch {
        exchange.fail(HTTPFailure(error))
      }
    }
  }

  /// Refuses what would change the model that is served, as `config` and `file:…` do with Triton:
  /// a model is what its directory holds.
  private func checkParameters(of request: HTTPRequest) throws(HTTPFailure) {
    switch try request.jsonMembers()["parameters"] {
    case nil, .null: break
    case .object(let parameters):
      let unknown = Set(parameters.keys).subtracting(action.harmlessParameters)
      guard let name = unknown.min() else { return }
      throw HTTPFailure(
        .badRequest, code: "unsupported_parameter",
        message: "parameter \(name) is not supported; a model is loaded as its directory holds it",
        detail: [("parameter", .string(name))])
    case let other?:
      throw .malformedJSON("parameters: expected an object, found \(other.summary)")
    }
  }

  private func report(_ events: [ModelEvent]) {
    context.monitor.report(events, in: context.repository)
  }
}

/// `GET /v2/models/{model}[/versions/{version}]/layers`.
struct LayersEndpoint: HTTPHandler {
  let context: ServiceContext

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let model: LoadedModel
    do {
      model = try context.model(of: request)
    } catch {
      exchange.fail(error)
      return
    }
    // Spectral norms of large layers take their time, and an event loop has none.
    context.run(exchange) {
      do throws(ModelError) {
        exchange.respond(.json(JSONWriter.write(try model.report().json)))
      } catch {
        exchange.fail(
          HTTPFailure(
            .serviceUnavailable, code: "model_files_changed", message: "\(error)",
            detail: [("model", .string(model.name))]))
      }
    }
  }
}
