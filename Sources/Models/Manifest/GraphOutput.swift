import Layers

/// One output of the graph: a layer's result under a name for clients.
package struct GraphOutput: Sendable, Hashable {
  package var name: String
  /// The layer.
  package var source: String

  private enum Key: String, CaseIterable {
    case name
    case source = "from"
  }

  init(name: String, source: String) {
    self.name = name
    self.source = source
  }

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    name = try GraphName.read(object.string(.name), path: object.path(.name))
    source = try object.string(.source)
  }

  var json: ConfigValue {
    .object([Key.name.rawValue: .string(name), Key.source.rawValue: .string(source)])
  }
}
