/// One value of a layer configuration, as a `get_config` dictionary holds it.
///
/// The layers never see the text that a configuration was written in; whoever reads a file turns
/// it into this tree, and writing the tree again gives an equal configuration.
package indirect enum ConfigValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([ConfigValue])
  case object([String: ConfigValue])
}

extension ConfigValue {
  /// The value as an error message shows it: JSON-like, keys in order, cut after some 60 characters.
  package var text: String {
    let whole = unboundedText
    return whole.count <= 60 ? whole : whole.prefix(60) + "…"
  }

  private var unboundedText: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let values): "[\(values.map(\.unboundedText).joined(separator: ", "))]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }
        .map { "\"\($0.key)\": \($0.value.unboundedText)" }
        .joined(separator: ", ") + "}"
    }
  }
}
