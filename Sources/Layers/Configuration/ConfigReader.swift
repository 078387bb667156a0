/// Reads a configuration key by key and remembers which keys nobody has read.
///
/// Errors name the key with the path to it, such as `kernel_regularizer.config.kernel_size`.
package struct ConfigReader {
  /// The largest width, channel count or extent that a configuration may name; products of three
  /// stay representable.
  package static let extentLimit = 1 << 20

  /// All keys and values, read or not.
  package let config: [String: ConfigValue]
  private let path: String
  private var unread: Set<String>
  private var known: Set<String> = []

  package init(_ values: [String: ConfigValue], path: String = "") {
    config = values
    self.path = path
    unread = Set(values.keys)
  }

  /// The value of a key, or `nil` where it is absent.
  package mutating func value(_ key: String) -> ConfigValue? {
    unread.remove(key)
    known.insert(key)
    return config[key]
  }

  /// The keys that no call has read, in order.
  package var unreadKeys: [String] { unread.sorted() }

  /// Refuses the first key that no call has read and suggests the nearest one that was asked for.
  package func refuseUnreadKeys() throws(ConfigurationError) {
    guard let key = unread.min() else { return }
    throw .unknownKey(key: path + key, nearest: EditDistance.nearest(to: key, among: known))
  }

  /// The error for a value that does not fit.
  package func invalid(_ key: String, expected: String) -> ConfigurationError {
    .invalidValue(
      key: path + key, expected: expected, found: (config[key] ?? .null).text)
  }

  /// The error for a key without which the configuration has no meaning.
  package func missing(_ key: String) -> ConfigurationError { .missingKey(key: path + key) }

  /// A reader of the object that a key holds.
  package func nested(_ key: String, _ object: [String: ConfigValue]) -> ConfigReader {
    ConfigReader(object, path: path + key + ".")
  }
}

extension ConfigReader {
  /// A whole number in `range`; an absent key gives the default, or an error where there is none.
  package mutating func integer(
    _ key: String, default absent: Int? = nil, in range: ClosedRange<Int> = 1...extentLimit
  ) throws(ConfigurationError) -> Int {
    guard let value = value(key) else {
      guard let absent else { throw missing(key) }
      return absent
    }
    guard let integer = value.wholeNumber, range.contains(integer) else {
      throw invalid(key, expected: "a whole number \(Self.text(range))")
    }
    return integer
  }

  /// A finite number that satisfies `condition`; an absent key gives the default.
  package mutating func number(
    _ key: String, default absent: Double, expected: String = "a finite number",
    where condition: (Double) -> Bool = { _ in true }
  ) throws(ConfigurationError) -> Double {
    guard let value = value(key) else { return absent }
    guard let number = value.finiteNumber, condition(number) else {
      throw invalid(key, expected: expected)
    }
    return number
  }

  /// A truth value; an absent key gives the default.
  package mutating func bool(
    _ key: String, default absent: Bool
  ) throws(ConfigurationError) -> Bool {
    guard let value = value(key) else { return absent }
    guard case .bool(let flag) = value else { throw invalid(key, expected: "true or false") }
    return flag
  }

  /// One of the names, spelled the same; an absent key gives the default.
  package mutating func choice(
    _ key: String, default absent: String, among names: [String]
  ) throws(ConfigurationError) -> String {
    guard let value = value(key) else { return absent }
    guard case .string(let name) = value, names.contains(name) else {
      throw invalid(key, expected: Self.text(names))
    }
    return name
  }

  /// A whole number for both axes, or a pair for height and width.
  package mutating func pair(
    _ key: String, default absent: Extents? = nil, in range: ClosedRange<Int> = 1...extentLimit
  ) throws(ConfigurationError) -> Extents {
    guard let value = value(key) else {
      guard let absent else { throw missing(key) }
      return absent
    }
    if let both = value.wholeNumber, range.contains(both) {
      return Extents(height: both, width: both)
    }
    if case .array(let values) = value, values.count == 2,
      let height = values[0].wholeNumber, range.contains(height),
      let width = values[1].wholeNumber, range.contains(width)
    {
      return Extents(height: height, width: width)
    }
    throw invalid(
      key, expected: "a whole number \(Self.text(range)) or a pair [height, width] of them")
  }

  /// A list of whole numbers; an absent key gives the default.
  package mutating func integers(
    _ key: String, default absent: [Int], in range: ClosedRange<Int> = 1...extentLimit
  ) throws(ConfigurationError) -> [Int] {
    guard let value = value(key) else { return absent }
    let expected = "a list of whole numbers \(Self.text(range))"
    guard case .array(let values) = value else { throw invalid(key, expected: expected) }
    var integers: [Int] = []
    for value in values {
      guard let integer = value.wholeNumber, range.contains(integer) else {
        throw invalid(key, expected: expected)
      }
      integers.append(integer)
    }
    return integers
  }

  /// A list of finite numbers that are not negative; an absent key gives the default.
  package mutating func lengths(
    _ key: String, default absent: [Double]
  ) throws(ConfigurationError) -> [Double] {
    guard let value = value(key) else { return absent }
    let expected = "a list of finite numbers that are not negative"
    guard case .array(let values) = value else { throw invalid(key, expected: expected) }
    var lengths: [Double] = []
    for value in values {
      guard let length = value.finiteNumber, length >= 0 else {
        throw invalid(key, expected: expected)
      }
      lengths.append(length)
    }
    return lengths
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    range.upperBound == Int.max
      ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
  }

  static func text(_ names: [String]) -> String {
    let quoted = names.map { "\"\($0)\"" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
  }
}

/// Numbers for the two axes of an image.
package struct Extents: Hashable, Sendable {
  package var height: Int
  package var width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
}

extension ConfigValue {
  /// The value as a whole number, also where it was written as `3.0`.
  var wholeNumber: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value as a number, unless it is infinite or not a number.
  var finiteNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value.isFinite ? value : nil
    default: nil
    }
  }
}
