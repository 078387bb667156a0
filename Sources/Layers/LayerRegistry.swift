/// Every kind of layer that a model may name.
package enum LayerRegistry {
  /// One line for each kind.
  package static let kinds: [any LayerConfiguration.Type] = []

  /// Decodes the configuration of one layer and refuses keys that its kind does not know.
  ///
  /// - Throws: `ConfigurationError` naming the class or key, what was expected and what was found.
  package static func decode(
    className: String, config: [String: ConfigValue]
  ) throws(ConfigurationError) -> any LayerConfiguration {
    guard let kind = kinds.first(where: { $0.className == className }) else {
      throw .unknownClass(name: className, nearest: nil)
    }
    var reader = ConfigReader(config)
    let configuration = try kind.init(from: &reader)
    if let key = reader.unreadKeys.first { throw .unknownKey(key: key, nearest: nil) }
    return configuration
  }
}
