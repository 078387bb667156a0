import Layers
import Models

/// The configuration of a model as Triton's clients read it, and send it back when they load one.
enum ModelConfiguration {
  /// What `GET /v2/models/{model}/config` answers.
  static func document(of model: LoadedModel) -> [String: ConfigValue] {
    let batching = model.manifest.batching
    return [
      "name": .string(model.name), "platform": "pointserve", "backend": "pointserve",
      "version_policy": ["latest": ["num_versions": 1]],
      // Batching is ragged: shapes carry their own leading axes, so clients add no batch axis.
      "max_batch_size": 0,
      "input": .array(model.plan.inputs.map(tensor)),
      "output": .array(model.plan.outputs.map(tensor)),
      "dynamic_batching": [
        "preferred_batch_size": .array(batching.preferredBatchSizes.map { .integer($0) }),
        "max_queue_delay_microseconds": .integer(
          Int(batching.maximumQueueDelay / .microseconds(1))),
      ],
      "parameters": [
        "max_batch_points": ["string_value": .string("\(batching.maximumBatchPoints)")],
        "max_batch_requests": ["string_value": .string("\(batching.maximumBatchSize)")],
        "precision": ["string_value": .string(model.manifest.precision.rawValue)],
      ],
    ]
  }

  /// What a manifest must say for its model to have a configuration; what no manifest says is left
  /// out.
  ///
  /// - Parameter configuration: a configuration or part of one; values are not checked.
  /// - Returns: members of a manifest.
  static func manifestMembers(of configuration: [String: ConfigValue]) -> [String: ConfigValue] {
    var members: [String: ConfigValue] = [:]
    var batching: [String: ConfigValue] = [:]
    if case .object(let dynamic)? = configuration["dynamic_batching"] {
      for key in ["preferred_batch_size", "max_queue_delay_microseconds"] {
        batching[key] = dynamic[key].map(integer)
      }
    }
    if case .object(let parameters)? = configuration["parameters"] {
      func value(_ key: String) -> ConfigValue? {
        guard case .object(let parameter)? = parameters[key] else { return nil }
        return parameter["string_value"]
      }
      batching["max_batch_points"] = value("max_batch_points").map(integer)
      batching["max_batch_size"] = value("max_batch_requests").map(integer)
      members["precision"] = value("precision")
    }
    if !batching.isEmpty { members["batching"] = .object(batching) }
    return members
  }

  /// The integer that a string holds, as protocol buffers write 64-bit integers; anything else as it
  /// is.
  private static func integer(_ value: ConfigValue) -> ConfigValue {
    guard case .string(let text) = value, let number = Int(text), "\(number)" == text else {
      return value
    }
    return .integer(number)
  }

  /// Longer values are not repeated in full.
  private static let longestShownByteCount = 1000

  /// The first value of a wanted configuration that is not the one served; members that the wanted
  /// one leaves out agree.
  ///
  /// - Parameters:
  ///   - wanted: a configuration or part of one.
  ///   - served: the value at the same place of `document(of:)`, `nil` where it has none.
  ///   - path: the place, keys joined by dots.
  /// - Returns: the place and both values in words, or `nil` if all agree.
  static func firstDifference(
    _ wanted: ConfigValue, _ served: ConfigValue?, at path: String
  ) -> String? {
    switch (wanted, served) {
    case (.object(let wantedMembers), .object(let members)):
      for (key, value) in wantedMembers.sorted(by: { $0.key < $1.key }) {
        if let difference = firstDifference(value, members[key], at: "\(path).\(key)") {
          return difference
        }
      }
      return nil
    // Protocol buffers write 64-bit integers as strings.
    case (.string(let text), .integer(let value)) where text == "\(value)": return nil
    case (_, let served?) where wanted == served: return nil
    default:
      let text = wanted.text
      let found = text.utf8.count <= longestShownByteCount ? text : wanted.summary
      return "\(path): expected \(served?.text ?? "nothing"), found \(found)"
    }
  }

  private static func tensor(_ tensor: NamedTensorSpec) -> ConfigValue {
    .object([
      "name": .string(tensor.name), "data_type": .string("TYPE_\(tensor.datatype.rawValue)"),
      "dims": .array(tensor.spec.extents.map { .integer($0 ?? -1) }),
    ])
  }
}
