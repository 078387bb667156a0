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
