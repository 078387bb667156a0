/// A value of the part of Python's literal syntax that NPY headers use.
indirect enum PythonLiteral: Equatable, Sendable, CustomStringConvertible {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case tuple([PythonLiteral])
  case list([PythonLiteral])
  case dictionary([String: PythonLiteral])

  /// Reads the literal that all of `text` is; `nil` where it is none, or nested deeper than 8.
  init?(_ text: ArraySlice<UInt8>) {
    var parser = Parser(text: text)
    guard let value = parser.value(depth: 8), parser.isAtEnd else { return nil }
    self = value
  }

  /// As Python writes it.
  var description: String {
    func list(_ elements: [PythonLiteral]) -> String {
      elements.map(\.description).joined(separator: ", ")
    }
    return switch self {
    case .string(let text): "'\(text)'"
    case .integer(let value): "\(value)"
    case .boolean(let isTrue): isTrue ? "True" : "False"
    case .tuple(let elements): "(\(list(elements))\(elements.count == 1 ? "," : ""))"
    case .list(let elements): "[\(list(elements))]"
    case .dictionary(let entries):
      "{\(entries.sorted { $0.key < $1.key }.map { "'\($0)': \($1)" }.joined(separator: ", "))}"
    }
  }

  private struct Parser {
    var text: ArraySlice<UInt8>

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return text.isEmpty
      }
    }

    mutating func skipSpace() {
      text = text.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    mutating func take(_ byte: Unicode.Scalar) -> Bool {
      skipSpace()
      guard text.first == UInt8(ascii: byte) else { return false }
      text.removeFirst()
      return true
    }

    mutating func value(depth: Int) -> PythonLiteral? {
      guard depth > 0 else { return nil }
      if take("'") { return string(until: "'") }
      if take("\"") { return string(until: "\"") }
      if take("(") { return sequence(until: ")", depth: depth).map(PythonLiteral.tuple) }
      if take("[") { return sequence(until: "]", depth: depth).map(PythonLiteral.list) }
      if take("{") { return dictionary(depth: depth) }
      let word = text.prefix { (48...57).contains($0) || (65...90).contains($0 & 0xDF) }
      text = text.dropFirst(word.count)
      switch String(decoding: word, as: UTF8.self) {
      case "True": return .boolean(true)
      case "False": return .boolean(false)
      case let digits:
        // Python 2 marked long integers with an L.
        return Int(digits.hasSuffix("L") ? String(digits.dropLast()) : digits).map { .integer($0) }
      }
    }

    mutating func string(until quote: Unicode.Scalar) -> PythonLiteral? {
      let content = text.prefix { $0 != UInt8(ascii: quote) }
      text = text.dropFirst(content.count)
      guard take(quote), !content.contains(UInt8(ascii: "\\")) else { return nil }
      return .string(String(decoding: content, as: UTF8.self))
    }

    mutating func sequence(until close: Unicode.Scalar, depth: Int) -> [PythonLiteral]? {
      var elements: [PythonLiteral] = []
      while !take(close) {
        guard let element = value(depth: depth - 1) else { return nil }
        elements.append(element)
        guard take(",") || text.first == UInt8(ascii: close) else { return nil }
      }
      return elements
    }

    mutating func dictionary(depth: Int) -> PythonLiteral? {
      var entries: [String: PythonLiteral] = [:]
      while !take("}") {
        guard case .string(let key)? = value(depth: depth - 1), take(":"),
          let value = value(depth: depth - 1), entries.updateValue(value, forKey: key) == nil,
          take(",") || text.first == UInt8(ascii: "}")
        else { return nil }
      }
      return .dictionary(entries)
    }
  }
}
