import HTTPServer
import Layers
import Models

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
    // Reading files, or a body that holds some, takes its time, and an event loop has none.
    context.run(exchange) {
      do throws(HTTPFailure) {
        let parameters = try Self.parameters(of: request)
        switch action {
        case .load: try load(name, LoadParameters(parameters))
        case .unload:
          try Self.checkUnloading(parameters)
          try unload(name)
        }
        exchange.respond(.json(Array("{}".utf8)))
      } catch {
        exchange.fail(error)
      }
    }
  }

  private func load(_ name: String, _ parameters: LoadParameters) throws(HTTPFailure) {
    guard let override = parameters.override else {
      do throws(ModelLookupError) {
        report(try context.repository.load(name))
      } catch {
        throw HTTPFailure(error)
      }
      return
    }
    guard !name.hasPrefix("."), !name.contains("/") else {
      throw HTTPFailure(ModelLookupError.unknownModel(name: name))
    }
    do throws(ModelOverrideError) {
      report(try context.repository.load(name, override, objection: parameters.objection))
    } catch {
      switch error {
      case .lookup(let error): throw HTTPFailure(error)
      case .refused(let version, let error): throw parameters.failure(version: version, error)
      case .declined: throw .unsupportedParameter(LoadParameters.configName, "\(error)")
      case .tooManyBytes(let limit, let found):
        throw HTTPFailure(
          .contentTooLarge, code: "too_many_bytes", message: "\(error)",
          detail: [("limit", .integer(limit)), ("found", .integer(found))])
      }
    }
  }

  private func unload(_ name: String) throws(HTTPFailure) {
    do throws(ModelLookupError) {
      try context.repository.unload(name)
    } catch {
      throw HTTPFailure(error)
    }
    report([.unloaded(name: name)])
  }

  /// No model depends on another, so `unload_dependents` changes nothing.
  private static func checkUnloading(
    _ parameters: [String: ConfigValue]
  ) throws(HTTPFailure) {
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      switch (name, value) {
      case ("unload_dependents", .bool), ("unload_dependents", .null): break
      case ("unload_dependents", _):
        throw .unsupportedParameter(name, "expected true or false, found \(value.summary)")
      default: throw .unsupportedParameter(name, "expected unload_dependents alone")
      }
    }
  }

  /// The member `parameters` of the body.
  private static func parameters(
    of request: HTTPRequest
  ) throws(HTTPFailure) -> [String: ConfigValue] {
    switch try request.jsonMembers()["parameters"] {
    case nil, .null: return [:]
    case .object(let members): return members
    case let other?: throw .malformedJSON("parameters: expected an object, found \(other.summary)")
    }
  }

  private func report(_ events: [ModelEvent]) {
    context.monitor.report(events, in: context.repository)
  }
}
