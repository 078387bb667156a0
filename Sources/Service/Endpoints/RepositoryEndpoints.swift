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
