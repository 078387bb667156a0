/// Reads a configuration key by key and remembers which keys nobody has read.
package struct ConfigReader {
  private let values: [String: ConfigValue]
  private var unread: Set<String>

  package init(_ values: [String: ConfigValue]) {
    self.values = values
    unread = Set(values.keys)
  }

  /// The value of a key, or `nil` where it is absent.
  package mutating func value(_ key: String) -> ConfigValue? {
    unread.remove(key)
    return values[key]
  }

  /// The keys that no call has read, in order.
  package var unreadKeys: [String] { unread.sorted() }
}
