/// Writes a classified cloud as CSV (RFC 4180, lines ending in LF).
///
/// Columns: x, y, z, class, class_name, then confidence and one probability per class where given.
enum TextWriter {
  static func file(_ classified: ClassifiedCloud) -> [UInt8] {
    var bytes = Array(header(classified).utf8)
    bytes.reserveCapacity(bytes.count + 56 * classified.cloud.count)
    let names = (0...255).map { code in
      Array(quoted(classified.classNames[UInt8(code)] ?? "").utf8)
    }
    let positions = classified.cloud.positions
    let comma = UInt8(ascii: ",")
    for point in 0..<classified.cloud.count {
      for axis in 0..<3 {
        bytes += positions[3 * point + axis].description.utf8
        bytes.append(comma)
      }
      let code = classified.classes[point]
      bytes += code.description.utf8
      bytes.append(comma)
      bytes += names[Int(code)]
      if let confidence = classified.confidence {
        bytes.append(comma)
        bytes += confidence[point].description.utf8
      }
      if let probabilities = classified.probabilities {
        let width = probabilities.classes.count
        for value in probabilities.values[point * width..<(point + 1) * width] {
          bytes.append(comma)
          bytes += value.description.utf8
        }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private static func header(_ classified: ClassifiedCloud) -> String {
    var names = ["x", "y", "z", "class", "class_name"]
    if classified.confidence != nil { names.append("confidence") }
    for code in classified.probabilities?.classes ?? [] {
      names.append("probability_\(classified.classNames[code] ?? "\(code)")")
    }
    return names.map(quoted).joined(separator: ",") + "\n"
  }

  /// A field in quotes where it needs them.
  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\r\n;".contains($0) }) else { return field }
    return "\""
      + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
