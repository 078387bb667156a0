/// Keys of training that inference does not need: their form is checked, and the configuration
/// keeps them for the round trip.
extension ConfigReader {
  private static let dataTypes = [
    "float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16",
  ]

  /// The keys that every Keras layer has.
  ///
  /// The service computes in float32 whatever `dtype` says, as float64 layers never ran upstream.
  package mutating func keepLayerKeys() throws(ConfigurationError) {
    switch value("name") {
    case nil, .null, .string: break
    default: throw invalid("name", expected: "a string")
    }
    _ = try bool("trainable", default: true)
    try keepDataType()
    keep("autocast", "batch_input_shape", "activity_regularizer", "quantization_config")
  }

  /// `"float32"`, or a policy object: `{"class_name": "DTypePolicy", "config": {"name": …}}`.
  private mutating func keepDataType() throws(ConfigurationError) {
    let expected = "\(Self.text(Self.dataTypes)), or a DTypePolicy object"
    switch value("dtype") {
    case nil, .null: break
    case .string(let name) where Self.dataTypes.contains(name): break
    case .object(let policy):
      guard case .string? = policy["class_name"], case .object(let content)? = policy["config"],
        case .string(let name)? = content["name"], Self.dataTypes.contains(name)
      else { throw invalid("dtype", expected: expected) }
    default: throw invalid("dtype", expected: expected)
    }
  }

  /// The keys of training that every Keras layer with a kernel and a bias has.
  mutating func keepKernelKeys() throws(ConfigurationError) {
    try keepSerializedObjects(
      "kernel_initializer", "bias_initializer", "bias_regularizer", "kernel_constraint",
      "bias_constraint")
    keep("lora_rank", "lora_alpha")
  }

  /// Keras' convolutions as they are computed here: channels last, and all of them together.
  mutating func requireUngroupedChannelsLast() throws(ConfigurationError) {
    if value("data_format") ?? .null != .null {
      _ = try choice("data_format", default: "channels_last", among: ["channels_last"])
    }
    _ = try integer("groups", default: 1, in: 1...1)
  }

  /// Initializers, regularizers, and constraints: null, a name, or a serialized object.
  package mutating func keepSerializedObjects(_ keys: String...) throws(ConfigurationError) {
    for key in keys {
      switch value(key) {
      case nil, .null, .string: break
      case .object(let object):
        guard case .string? = object["class_name"] else { fallthrough }
      default:
        throw invalid(key, expected: "null, a name, or an object with a \"class_name\"")
      }
    }
  }

  /// Keys without any meaning for inference, whatever they hold.
  package mutating func keep(_ keys: String...) {
    for key in keys { _ = value(key) }
  }
}
