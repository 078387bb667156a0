import HTTPServer
import Layers
import Models

/// The model routes that answer at once.
struct ModelEndpoints {
  let context: ServiceContext

  /// `GET /v2`.
  @Sendable func server(_ request: HTTPRequest) -> HTTPResponse {
    let extensions = [
      "classification", "model_repository", "model_repository(unload_dependents)",
      "schedule_policy", "model_configuration", "binary_tensor_data", "parameters", "statistics",
      "trace", "logging", "segmentation",
    ]
    return .json([
      "name": "pointserve", "version": .string(ServiceVersion.number),
      "extensions": .array(extensions.map { .string($0) }),
    ])
  }

  /// `GET /v2/models`.
  @Sendable func list(_ request: HTTPRequest) -> HTTPResponse {
    let names = Set(context.repository.index.filter { $0.state == .ready }.map(\.name))
    return .json(["models": .array(names.sorted().map { .string($0) })])
  }

  /// `GET /v2/models/{model}[/versions/{version}]`.
  @Sendable func metadata(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    let model = try context.model(of: request)
    let versions = context.repository.readyVersions(of: model.name)
    return .json([
      "name": .string(model.name),
      "versions": .array(versions.map { .string("\($0)") }),
      "platform": "pointserve",
      "inputs": .array(model.plan.inputs.map(Self.metadata)),
      "outputs": .array(model.plan.outputs.map(Self.metadata)),
    ])
  }

  private static func metadata(_ tensor: NamedTensorSpec) -> ConfigValue {
    .object([
      "name": .string(tensor.name), "datatype": .string(tensor.datatype.rawValue),
      "shape": .array(tensor.spec.extents.map { .integer($0 ?? -1) }),
    ])
  }

  /// `GET /v2/models/{model}[/versions/{version}]/ready`.
  @Sendable func ready(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    let model = try context.model(of: request)
    return .json(["name": .string(model.name), "ready": true])
  }

  /// `GET /v2/models/{model}[/versions/{version}]/config`: what Triton's clients read.
  @Sendable func configuration(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    .json(ModelConfiguration.document(of: try context.model(of: request)))
  }

  /// `GET /v2/models/stats` and `GET /v2/models/{model}[/versions/{version}]/stats`.
  @Sendable func statistics(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    guard request.parameters["model"] != nil else {
      var models: [LoadedModel] = []
      for status in context.repository.index where status.state == .ready {
        do {
          models.append(
            try context.repository.model(named: status.name, version: status.version))
        } catch {
          // Unloaded since the index was read.
          continue
        }
      }
      return .json(["model_stats": .array(models.map(context.monitor.statistics.json))])
    }
    let model = try context.model(of: request)
    return .json(["model_stats": [context.monitor.statistics.json(of: model)]])
  }
}

extension HTTPResponse {
  /// A JSON object.
  static func json(_ members: [String: ConfigValue]) -> HTTPResponse {
    .json(JSONWriter.write(.object(members)))
  }
}
