import Layers

/// The rule for names of inputs, layers and outputs.
enum GraphName {
  static func read(_ name: String, path: String) throws(ManifestError) -> String {
    guard (1...256).contains(name.utf8.count), name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
      throw .invalidValue(
        key: path, expected: "a name of 1 to 256 bytes without control characters",
        found: ConfigValue.string(name).summary)
    }
    return name
  }
}
