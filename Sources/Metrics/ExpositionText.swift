/// The Prometheus text format 0.0.4 as it is being written.
package struct ExpositionText: Sendable {
  /// The media type of the text.
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package private(set) var text = ""

  package init() {}

  /// Begins a family of samples.
  package mutating func header(_ name: String, _ kind: MetricKind, help: String) {
    text += "# HELP \(name) \(Self.escape(help, quotes: false))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  package mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
    sample(name, labels, Self.format(value))
  }

  package mutating func sample(_ name: String, _ labels: Labels, _ value: UInt64) {
    sample(name, labels, String(value))
  }

  private mutating func sample(_ name: String, _ labels: Labels, _ value: String) {
    text += name
    if !labels.pairs.isEmpty {
      let pairs = labels.pairs.map { "\($0.name)=\"\(Self.escape($0.value, quotes: true))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(value)\n"
  }

  /// A number as Go's `ParseFloat` reads it; whole ones without a fraction.
  static func format(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
    return value.description
  }

  /// Escapes backslash and line feed, and the quotation mark where values are quoted.
  ///
  /// By bytes, for a carriage return and a line feed form a single `Character`.
  private static func escape(_ value: String, quotes: Bool) -> String {
    let special = [UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\"")]
    guard value.utf8.contains(where: special.contains) else { return value }
    var bytes: [UInt8] = []
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += Array("\\\\".utf8)
      case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
      case UInt8(ascii: "\"") where quotes: bytes += Array("\\\"".utf8)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
