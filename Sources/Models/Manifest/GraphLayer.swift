package import Layers

/// One layer of the graph as the manifest states it; its configuration is kept word for word.
package struct GraphLayer: Sendable, Hashable {
  package var name: String
  package var className: String
  package var config: [String: ConfigValue]
  /// Names of graph inputs or of earlier layers.
  package var inputs: [String]

  private enum Key: String, CaseIterable {
    case name
    case className = "class_name"
    case config, inputs
  }

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    // Faults name the layer as soon as it has a name.
    var path = path
    if case .object(let members) = value, case .string(let name)? = members[Key.name.rawValue] {
      path += " \(ConfigValue.string(name).summary)"
    }
    let object = try ManifestObject(value, path: path, keys: Key.self)
    name = try GraphName.read(object.string(.name), path: object.path(.name))
    className = try object.string(.className)
    config = [:]
    if object.contains(.config) {
      let found = try object.value(.config, expected: "an object")
      guard case .object(let members) = found else {
        throw object.invalid(.config, expected: "an object", found: found)
      }
      config = members
    }
    inputs = try object.strings(.inputs)
    guard !inputs.isEmpty else {
      throw .invalidValue(key: object.path(.inputs), expected: "at least one", found: "none")
    }
  }

  var json: ConfigValue {
    .object([
      Key.name.rawValue: .string(name), Key.className.rawValue: .string(className),
      Key.config.rawValue: .object(config),
      Key.inputs.rawValue: .array(inputs.map { .string($0) }),
    ])
  }
}
