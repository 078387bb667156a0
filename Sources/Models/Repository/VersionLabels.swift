import Layers

/// The rule for `labels.json`: an object of version numbers.
enum VersionLabels {
  static func read(_ text: [UInt8]) throws(ManifestError) -> [String: Int] {
    let value: ConfigValue
    do { value = try JSONReader.read(text, maximumDepth: 2) } catch { throw .json(error) }
    guard case .object(let members) = value else {
      throw .invalidValue(
        key: "(top level)", expected: "an object of versions", found: value.summary)
    }
    var labels: [String: Int] = [:]
    for (label, value) in members.sorted(by: { $0.key < $1.key }) {
      guard case .integer(let version) = value, version >= 1 else {
        throw .invalidValue(
          key: label, expected: "a version, an integer from 1", found: value.summary)
      }
      labels[label] = version
    }
    return labels
  }
}
