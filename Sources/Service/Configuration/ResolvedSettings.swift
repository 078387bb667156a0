import Layers

/// The value of every setting and where it came from.
package struct ResolvedSettings: Sendable {
  /// Where a value came from, the strongest first.
  package enum Origin: Hashable, Sendable, CustomStringConvertible {
    case flag
    case environment(String)
    case file(String)
    case `default`

    package var description: String {
      switch self {
      case .flag: "command line"
      case .environment(let name): "environment variable \(name)"
      case .file(let path): "file \(path)"
      case .default: "default"
      }
    }
  }

  private let values: [Setting: (text: String, origin: Origin)]

  /// Layers flags over the environment over a file over the defaults.
  ///
  /// - Parameters:
  ///   - flags: values by setting, as given on the command line.
  ///   - environment: the whole environment; names beginning with `POINTSERVE_` are read.
  ///   - file: the path and the keys of the configuration file, or `nil`.
  /// - Throws: `ConfigurationProblem` for an unknown key or a value that its setting does not take.
  package init(
    flags: [Setting: String], environment: [String: String],
    file: (path: String, values: [String: String])?
  ) throws(ConfigurationProblem) {
    let byEnvironmentName = Dictionary(
      uniqueKeysWithValues: Setting.all.map { ($0.environmentName, $0) })
    let byFileKey = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.fileKey, $0) })
    var values: [Setting: (text: String, origin: Origin)] = [:]
    for setting in Setting.all { values[setting] = (setting.defaultValue, .default) }
    if let file {
      for (key, text) in file.values.sorted(by: { $0.key < $1.key }) {
        guard let setting = byFileKey[key] else {
          throw .unknownKey(
            key: key, origin: file.path,
            nearest: EditDistance.nearest(to: key, among: byFileKey.keys))
        }
        values[setting] = (text, .file(file.path))
      }
    }
    for (name, text) in environment.sorted(by: { $0.key < $1.key })
    where name.hasPrefix("POINTSERVE_") && !Self.isForeign(name, text) {
      guard let setting = byEnvironmentName[name] else {
        throw .unknownKey(
          key: name, origin: "the environment",
          nearest: EditDistance.nearest(to: name, among: byEnvironmentName.keys))
      }
      values[setting] = (text, .environment(name))
    }
    for (setting, text) in flags { values[setting] = (text, .flag) }
    for setting in Setting.all {
      guard let (text, origin) = values[setting], !(origin == .default && text.isEmpty) else {
        continue
      }
      guard setting.accepts(text) else {
        throw .invalidValue(
          key: origin == .flag ? "--\(setting.name)" : setting.name, origin: origin.description,
          expected: setting.expectation, found: text)
      }
    }
    self.values = values
  }

  /// Whether a name with our prefix is not a setting: the one of the file itself, and those that
  /// Kubernetes sets in every pod beside a service named `pointserve`.
  private static func isForeign(_ name: String, _ text: String) -> Bool {
    name == "POINTSERVE_CONFIG" || name.hasPrefix("POINTSERVE_SERVICE_")
      || name.hasPrefix("POINTSERVE_PORT_")
      || name == "POINTSERVE_PORT" && text.hasPrefix("tcp://")
  }

  /// The text of a setting; empty where it is off.
  package func text(_ setting: Setting) -> String { values[setting]?.text ?? setting.defaultValue }

  /// The text of a setting, or `nil` where it is off.
  package func optionalText(_ setting: Setting) -> String? {
    let text = text(setting)
    return text.isEmpty ? nil : text
  }

  /// The value of an integer or byte-count setting.
  package func integer(_ setting: Setting) -> Int {
    guard let value = setting.integer(from: text(setting)) else {
      preconditionFailure("\(setting.name) was checked when it was resolved")
    }
    return value
  }

  /// The value of a setting in seconds.
  package func duration(_ setting: Setting) -> Duration {
    guard let value = setting.seconds(from: text(setting)) else {
      preconditionFailure("\(setting.name) was checked when it was resolved")
    }
    return .seconds(value)
  }

  /// One line for each setting: name, value and origin.
  package var summary: String {
    let width = Setting.all.map(\.name.count).max() ?? 0
    return Setting.all.map { setting in
      let (text, origin) = values[setting] ?? (setting.defaultValue, .default)
      let name = setting.name + String(repeating: " ", count: width - setting.name.count)
      return "\(name)  \(text.isEmpty ? "-" : text)  (\(origin))"
    }.joined(separator: "\n")
  }
}

extension Setting {
  /// Whether a text is a value of this setting.
  package func accepts(_ text: String) -> Bool {
    switch kind {
    case .text, .path: !text.isEmpty
    case .integer, .bytes: integer(from: text) != nil
    case .seconds: seconds(from: text) != nil
    case .choice(let values): values.contains(text)
    }
  }

  /// The value of an integer or byte-count setting, or `nil` where the text is none.
  package func integer(from text: String) -> Int? {
    let range: ClosedRange<Int>
    var digits = Substring(text)
    var factor = 1
    switch kind {
    case .integer(let allowed, _): range = allowed
    case .bytes(let allowed):
      range = allowed
      for (suffix, value) in [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
      where text.hasSuffix(suffix) {
        digits = digits.dropLast(suffix.count)
        factor = value
      }
    default: return nil
    }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits)
    else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: factor)
    return !overflow && range.contains(value) ? value : nil
  }

  /// The value of a setting in seconds, or `nil` where the text is none.
  package func seconds(from text: String) -> Double? {
    guard case .seconds(let range) = kind, let value = Double(text), range.contains(value) else {
      return nil
    }
    return value
  }
}
