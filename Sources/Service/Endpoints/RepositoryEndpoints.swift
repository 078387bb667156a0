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

    /// The parameters that the action takes.
    ///
    /// No model depends on another, so `unload_dependents` changes nothing.
    var parameters: Set<String> { self == .load ? ["config"] : ["unload_dependents"] }
  }

  let context: ServiceContext
  let action: Action

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let name = request.parameter("model")
    let wanted: ConfigValue?
    do {
      wanted = try wantedConfiguration(of: request)
    } catch {
      exchange.fail(error)
      return
    }
    // Reading files takes its time, and an event loop has none.
    context.run(exchange) {
      do throws(ModelLookupError) {
        switch action {
        case .load:
          report(try context.repository.load(name))
          let model = try context.repository.model(named: name)
          let served = ConfigValue.object(ModelConfiguration.document(of: model))
          if let wanted,
            let difference = ModelConfiguration.firstDifference(wanted, served, at: "config")
          {
            exchange.fail(Self.unsupported("config", "the model has its own; \(difference)"))
            return
          }
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

  /// The configuration that the client expects the model to have, if it says so.
  ///
  /// What would make another model of it, as `file:…` does with Triton, is refused: a model is what
  /// its directory holds.
  private func wantedConfiguration(of request: HTTPRequest) throws(HTTPFailure) -> ConfigValue? {
    let parameters: [String: ConfigValue]
    switch try request.jsonMembers()["parameters"] {
    case nil, .null: return nil
    case .object(let members): parameters = members
    case let other?:
      throw .malformedJSON("parameters: expected an object, found \(other.summary)")
    }
    if let name = Set(parameters.keys).subtracting(action.parameters).min() {
      throw Self.unsupported(name, "a model is loaded as its directory holds it")
    }
    switch parameters["config"] {
    case nil, .null: return nil
    case .string(let text):
      let value: ConfigValue
      do {
        value = try JSONReader.read(text.utf8)
      } catch {
        throw .malformedJSON("config: \(error)")
      }
      guard case .object = value else {
        throw .malformedJSON("config: expected an object, found \(value.summary)")
      }
      return value
    case let other?:
      throw .malformedJSON("config: expected a string that holds JSON, found \(other.summary)")
    }
  }

  private static func unsupported(_ parameter: String, _ reason: String) -> HTTPFailure {
    HTTPFailure(
      .badRequest, code: "unsupported_parameter",
      message: "parameter \(parameter): \(reason)",
      detail: [("parameter", .string(parameter))])
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
