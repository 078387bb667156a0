package import Layers

/// Writes configuration values as JSON that reads back equal.
///
/// Keys are in ascending order, so equal values give equal texts. Numbers take the shortest form
/// that reads back to the same double; a number without fraction keeps its `.0`, so that integers
/// and numbers stay apart.
package struct JSONWriter {
  private var output: [UInt8] = []
  private let indentation: Int?

  private init(indentation: Int?) { self.indentation = indentation }

  /// Writes one value.
  ///
  /// - Parameters:
  ///   - value: what to write; a number that is not finite becomes `null`, which JSON has in its
  ///     place.
  ///   - indentation: spaces per level, or `nil` for a single line without spaces.
  /// - Returns: the text, UTF-8.
  package static func write(_ value: ConfigValue, indentation: Int? = nil) -> [UInt8] {
    var writer = JSONWriter(indentation: indentation)
    writer.append(value, depth: 0)
    return writer.output
  }

  private mutating func append(_ value: ConfigValue, depth: Int) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .integer(let integer): append(String(integer))
    case .number(let number): append(number.isFinite ? number.description : "null")
    case .string(let text): appendQuoted(text)
    case .array(let elements):
      // Arrays of plain values, such as shapes, stay on one line.
      let isFlat = elements.allSatisfy { !$0.isContainer }
      appendList("[", "]", elements, isFlat: isFlat, depth: depth) { writer, element in
        writer.append(element, depth: depth + 1)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key < $1.key }
      appendList("{", "}", sorted, isFlat: false, depth: depth) { writer, member in
        writer.appendQuoted(member.key)
        writer.append(writer.indentation == nil ? ":" : ": ")
        writer.append(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func appendList<Element>(
    _ open: String, _ close: String, _ elements: [Element], isFlat: Bool, depth: Int,
    _ appendElement: (inout JSONWriter, Element) -> Void
  ) {
    append(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { append(isFlat && indentation != nil ? ", " : ",") }
      if !isFlat { appendLineBreak(depth: depth + 1) }
      appendElement(&self, element)
    }
    if !isFlat, !elements.isEmpty { appendLineBreak(depth: depth) }
    append(close)
  }

  private mutating func appendLineBreak(depth: Int) {
    guard let indentation else { return }
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: depth * indentation))
  }

  private mutating func appendQuoted(_ text: String) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20:
        append(byte < 0x10 ? "\\u000" : "\\u00")
        append(String(byte, radix: 16))
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }
}

extension ConfigValue {
  fileprivate var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }
}
