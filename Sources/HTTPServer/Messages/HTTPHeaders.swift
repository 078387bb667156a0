/// Header fields in the order they came, looked up without regard to case (RFC 9110, section 5).
///
/// A name may occur several times.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One field line.
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  /// All field lines in order.
  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(name, value) }
  }

  /// Appends a field line and keeps those of the same name.
  package mutating func add(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Appends all field lines of another header.
  package mutating func add(_ other: HTTPHeaders) {
    // Appending nothing would still copy a shared array.
    if !other.fields.isEmpty { fields += other.fields }
  }

  /// The first value of the name.
  ///
  /// Setting replaces every line of the name; nil removes them.
  package subscript(name: String) -> String? {
    get {
      for field in fields where Self.isSame(field.name, name) { return field.value }
      return nil
    }
    set {
      let place = fields.firstIndex { Self.isSame($0.name, name) }
      guard let place else {
        if let newValue { add(name, newValue) }
        return
      }
      guard let newValue else {
        fields.removeAll { Self.isSame($0.name, name) }
        return
      }
      fields[place].value = newValue
      for index in fields.indices.reversed() where index > place {
        if Self.isSame(fields[index].name, name) { fields.remove(at: index) }
      }
    }
  }

  /// Whether a line of the name exists.
  package func contains(_ name: String) -> Bool {
    fields.contains { Self.isSame($0.name, name) }
  }

  /// The values of all lines of the name, in order.
  package func values(of name: String) -> [String] {
    fields.lazy.filter { Self.isSame($0.name, name) }.map(\.value)
  }

  /// The members of a comma-separated list field over all its lines, trimmed, empty ones dropped
  /// (RFC 9110, section 5.6.1).
  package func list(_ name: String) -> [String] {
    values(of: name).flatMap { value in
      value.split(separator: ",").compactMap { member in
        let trimmed = member.trimmingOptionalWhitespace
        return trimmed.isEmpty ? nil : String(trimmed)
      }
    }
  }

  /// Whether two names or tokens are the same but for the case of ASCII letters.
  package static func isSame(_ first: String, _ second: String) -> Bool {
    guard first.utf8.count == second.utf8.count else { return false }
    return zip(first.utf8, second.utf8).allSatisfy { $0 == $1 || $0.lowercased == $1.lowercased }
  }
}

extension UInt8 {
  /// An ASCII capital as its small letter; anything else as it is.
  var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension Substring {
  /// Without the spaces and tabs at both ends (OWS of RFC 9110, section 5.6.3).
  var trimmingOptionalWhitespace: Substring {
    var rest = self
    while let first = rest.utf8.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
    while let last = rest.utf8.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
    return rest
  }
}
