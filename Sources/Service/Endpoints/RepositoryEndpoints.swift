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
  }

  let context: ServiceContext
  let action: Action

  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let name = request.parameter("model")
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
