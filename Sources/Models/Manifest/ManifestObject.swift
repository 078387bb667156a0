import Layers

/// One JSON object of a manifest, read by the keys that its kind knows.
///
/// Opening it refuses unknown keys; each accessor checks type and range and names the path.
struct ManifestObject<Key: RawRepresentable<String> & CaseIterable> {
  private let path: String
  private let members: [String: ConfigValue]

  /// Opens an object.
  ///
  /// - Throws: `ManifestError` if the value is no object or holds an unknown key.
  init(_ value: ConfigValue, path: String, keys: Key.Type) throws(ManifestError) {
    guard case .object(let members) = value else {
      throw .invalidValue(
        key: path.isEmpty ? "(top level)" : path, expected: "an object", found: value.summary)
    }
    self.path = path
    self.members = members
    let known = Key.allCases.map(\.rawValue)
    for name in members.keys.sorted() where !known.contains(name) {
      throw .unknownKey(
        key: path.isEmpty ? name : "\(path).\(name)",
        nearest: EditDistance.nearest(to: name, among: known))
    }
  }

  /// The path of a key, for errors.
  func path(_ key: Key) -> String { path.isEmpty ? key.rawValue : "\(path).\(key.rawValue)" }

  func contains(_ key: Key) -> Bool { members[key.rawValue] != nil }

  /// The value of a key that must be there.
  func value(_ key: Key, expected: String) throws(ManifestError) -> ConfigValue {
    guard let value = members[key.rawValue] else {
      throw .missingKey(key: path(key), expected: expected)
    }
    return value
  }

  func invalid(_ key: Key, expected: String, found: ConfigValue) -> ManifestError {
    .invalidValue(key: path(key), expected: expected, found: found.summary)
  }

  func string(_ key: Key, default fallback: String? = nil) throws(ManifestError) -> String {
    if let fallback, !contains(key) { return fallback }
    let value = try value(key, expected: "a string")
    guard case .string(let text) = value else {
      throw invalid(key, expected: "a string", found: value)
    }
    return text
  }

  func optionalString(_ key: Key) throws(ManifestError) -> String? {
    contains(key) ? try string(key) : nil
  }

  func integer(
    _ key: Key, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(ManifestError) -> Int {
    let expected =
      range.upperBound == Int.max
      ? "an integer of at least \(range.lowerBound)"
      : "an integer from \(range.lowerBound) to \(range.upperBound)"
    if let fallback, !contains(key) { return fallback }
    let value = try value(key, expected: expected)
    guard case .integer(let integer) = value, range.contains(integer) else {
      throw invalid(key, expected: expected, found: value)
    }
    return integer
  }

  /// A finite number within a range; an integer counts as a number.
  func number(
    _ key: Key, in range: ClosedRange<Double>, default fallback: Double? = nil
  ) throws(ManifestError) -> Double {
    let expected =
      range == .anyFinite
      ? "a number"
      : range.upperBound == Double.greatestFiniteMagnitude
        ? "a number of at least \(range.lowerBound)"
        : "a number from \(range.lowerBound) to \(range.upperBound)"
    if let fallback, !contains(key) { return fallback }
    let value = try value(key, expected: expected)
    guard let number = value.asNumber, range.contains(number) else {
      throw invalid(key, expected: expected, found: value)
    }
    return number
  }

  /// One of a closed set of words.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: Key, of type: Choice.Type, default fallback: Choice? = nil
  ) throws(ManifestError) -> Choice {
    if let fallback, !contains(key) { return fallback }
    let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    let expected = "one of \(known)"
    let value = try value(key, expected: expected)
    guard case .string(let text) = value, let choice = Choice(rawValue: text) else {
      throw invalid(key, expected: expected, found: value)
    }
    return choice
  }

  func array(
    _ key: Key, of elements: String, default fallback: [ConfigValue]? = nil
  ) throws(ManifestError) -> [ConfigValue] {
    if let fallback, !contains(key) { return fallback }
    let value = try value(key, expected: "an array of \(elements)")
    guard case .array(let array) = value else {
      throw invalid(key, expected: "an array of \(elements)", found: value)
    }
    return array
  }

  func strings(_ key: Key) throws(ManifestError) -> [String] {
    try array(key, of: "strings").enumerated().map { index, value throws(ManifestError) in
      guard case .string(let text) = value else {
        throw .invalidValue(
          key: "\(path(key))[\(index)]", expected: "a string", found: value.summary)
      }
      return text
    }
  }

  func integers(
    _ key: Key, in range: ClosedRange<Int>, default fallback: [Int]? = nil
  ) throws(ManifestError) -> [Int] {
    if let fallback, !contains(key) { return fallback }
    return try array(key, of: "integers").enumerated().map { index, value throws(ManifestError) in
      guard case .integer(let integer) = value, range.contains(integer) else {
        throw .invalidValue(
          key: "\(path(key))[\(index)]",
          expected: range.upperBound == Int.max
            ? "an integer of at least \(range.lowerBound)"
            : "an integer from \(range.lowerBound) to \(range.upperBound)",
          found: value.summary)
      }
      return integer
    }
  }

  func numbers(
    _ key: Key, in range: ClosedRange<Double>
  ) throws(ManifestError) -> [Double] {
    try array(key, of: "numbers").enumerated().map { index, value throws(ManifestError) in
      guard let number = value.asNumber, range.contains(number) else {
        throw .invalidValue(
          key: "\(path(key))[\(index)]",
          expected: "a number from \(range.lowerBound) to \(range.upperBound)",
          found: value.summary)
      }
      return number
    }
  }
}

extension ClosedRange<Double> {
  /// Every finite number.
  static var anyFinite: Self { -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude }
  /// Zero and every positive finite number.
  static var nonnegative: Self { 0...Double.greatestFiniteMagnitude }
  /// Lengths and factors that may divide: from a millionth to a million million.
  static var positive: Self { 1e-6...1e12 }
}

extension ConfigValue {
  /// The value as a double if it is a number of either kind.
  var asNumber: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }
}
