/// Pieces of JSON text, where building them directly saves copies of large arrays.
enum JSONText {
  /// A quoted and escaped string (RFC 8259, section 7).
  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 32:
        let hexadecimal = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// Appends `[a,b,…]`; numbers are written as Swift writes them, the shortest text that reads back
  /// as the same value.
  static func append(
    _ values: some Sequence<some CustomStringConvertible>, to bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(ascii: "["))
    var isFirst = true
    for value in values {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      bytes.append(contentsOf: value.description.utf8)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}
