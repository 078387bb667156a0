extension RecordTable {
  /// Numbers that are written into every record.
  struct Replacement {
    let name: String
    let type: ScalarType
    /// The place among the columns of the one to overwrite, `nil` to append one.
    let place: Int?
    /// `[records]`: what to write.
    let values: [Double]
  }

  /// The class of each point as "classification" and, if given, the confidence in it.
  ///
  /// A column for the class that the records already have, under any of its names, is overwritten,
  /// and so is a floating-point "confidence"; others are appended.
  func replacements(classes: [UInt8], confidence: [Float]?) -> [Replacement] {
    var replacements = [
      replacement("classification", .uint8, classes.map(Double.init)) {
        CloudColumns.Role(columnName: $0.name) == .classification
      }
    ]
    if let confidence {
      replacements.append(
        replacement("confidence", .float32, confidence.map(Double.init)) {
          $0.name == "confidence" && ($0.type == .float32 || $0.type == .float64)
        })
    }
    return replacements
  }

  private func replacement(
    _ name: String, _ type: ScalarType, _ values: [Double], of matches: (Column) -> Bool
  ) -> Replacement {
    let place = columns.firstIndex(where: matches)
    return Replacement(
      name: name, type: place.map { columns[$0].type } ?? type, place: place, values: values)
  }

  /// Appends the records, changed, to a file; everything else of them is kept.
  ///
  /// Throws `CloudError.unsupported` where an existing column has no room for a class.
  func append(
    _ bytes: [UInt8], _ replacements: [Replacement], to file: inout [UInt8]
  ) throws(CloudError) {
    switch encoding {
    case .ascii: appendLines(bytes, replacements, to: &file)
    case .binary(let order): try appendRows(bytes, replacements, order, to: &file)
    }
  }

  private func appendRows(
    _ bytes: [UInt8], _ replacements: [Replacement], _ order: ByteOrder, to file: inout [UInt8]
  ) throws(CloudError) {
    let offsets = offsets
    let length = recordLength
    let growth = replacements.filter { $0.place == nil }.reduce(0) { $0 + $1.type.byteCount }
    file.reserveCapacity(bytes.count + count * growth)
    for row in 0..<count {
      let source = data.lowerBound + row * length
      let start = file.count
      file += bytes[source..<source + length]
      for replacement in replacements {
        var position = file.count
        if let place = replacement.place {
          position = start + offsets[place]
        } else {
          file += repeatElement(0, count: replacement.type.byteCount)
        }
        guard replacement.type.store(replacement.values[row], in: &file, at: position, order)
        else {
          throw .unsupported(
            format: format,
            reason: "its column of type \(replacement.type) cannot hold class "
              + "\(replacement.values[row])")
        }
      }
    }
  }

  private func appendLines(
    _ bytes: [UInt8], _ replacements: [Replacement], to file: inout [UInt8]
  ) {
    var position = data.lowerBound
    for row in 0..<count {
      let line = Self.line(bytes, from: position)
      position = line.upperBound
      var words = DelimitedLine.fields(bytes, line, .blanks).map { Array(bytes[$0]) }
      for replacement in replacements {
        let value = replacement.values[row]
        // A class is a whole number in every type; the shortest text that gives a float32 back.
        let text = Int(exactly: value).map(\.description) ?? Float(value).description
        if let place = replacement.place {
          words[place] = Array(text.utf8)
        } else {
          words.append(Array(text.utf8))
        }
      }
      // Before the first record stands the header's line end, or another line without its own.
      if file.last != UInt8(ascii: "\n") { file.append(UInt8(ascii: "\n")) }
      file += words.joined(separator: [UInt8(ascii: " ")])
    }
  }
}
