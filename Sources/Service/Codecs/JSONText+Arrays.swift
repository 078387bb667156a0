import HTTPServer

extension JSONText {
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
