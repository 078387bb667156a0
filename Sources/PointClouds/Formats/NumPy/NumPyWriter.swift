/// Writes the classes of a cloud as an NPY file, version 1.0.
///
/// A plain uint8 array `[points]`; with confidence or probabilities a structured array `[points]` of
/// fields class, confidence (float32) and probabilities (float32, one per class).
enum NumPyWriter {
  static func file(_ classified: ClassifiedCloud) -> [UInt8] {
    var bytes = header(classified)
    guard classified.confidence != nil || classified.probabilities != nil else {
      return bytes + classified.classes
    }
    for point in classified.classes.indices {
      bytes.append(classified.classes[point])
      if let confidence = classified.confidence {
        bytes.append(littleEndian: confidence[point].bitPattern)
      }
      if let probabilities = classified.probabilities {
        let width = probabilities.classes.count
        for value in probabilities.values[point * width..<(point + 1) * width] {
          bytes.append(littleEndian: value.bitPattern)
        }
      }
    }
    return bytes
  }

  private static func header(_ classified: ClassifiedCloud) -> [UInt8] {
    var fields = ["('class', '|u1')"]
    if classified.confidence != nil { fields.append("('confidence', '<f4')") }
    if let width = classified.probabilities?.classes.count {
      fields.append("('probabilities', '<f4', (\(width),))")
    }
    let type = fields.count == 1 ? "'|u1'" : "[\(fields.joined(separator: ", "))]"
    var text = Array(
      "{'descr': \(type), 'fortran_order': False, 'shape': (\(classified.classes.count),), }".utf8)
    // Magic string, version and length take 10 bytes; the data begin at a multiple of 64.
    let padding = 63 - (10 + text.count) % 64
    text += repeatElement(UInt8(ascii: " "), count: padding)
    text.append(UInt8(ascii: "\n"))
    var bytes = NumPyHeader.magic + [1, 0]
    bytes.append(littleEndian: UInt16(text.count))
    return bytes + text
  }
}
