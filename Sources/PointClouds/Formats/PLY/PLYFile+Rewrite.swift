extension PLYFile {
  /// A property that is written into every vertex.
  private struct Column {
    let type: ScalarType
    /// The place among the vertex's properties of the one to overwrite, `nil` to append one.
    let place: Int?
    /// The header line of a property to append.
    let declaration: String
    /// `[vertices]`: what to write.
    let values: [Double]
  }

  /// The same file with the property "classification" and, if given, "confidence".
  ///
  /// A property for the class that the vertices already have, under any of its names, is
  /// overwritten, and so is a floating-point "confidence"; others are appended. Everything else is
  /// kept. Throws `CloudError.unsupported` where an existing property has no room for a class.
  func rewritten(classes: [UInt8], confidence: [Float]?) throws(CloudError) -> EncodedCloud {
    var columns = [
      column("uchar classification", .uint8, classes.map(Double.init)) {
        CloudColumns.Role(columnName: $0.name) == .classification
      }
    ]
    if let confidence {
      columns.append(
        column("float confidence", .float32, confidence.map(Double.init)) {
          $0.name == "confidence" && ($0.type == .float32 || $0.type == .float64)
        })
    }
    var file = Array(bytes[..<vertex.propertiesEnd])
    for column in columns where column.place == nil { file += column.declaration.utf8 }
    file += bytes[vertex.propertiesEnd..<vertexData.lowerBound]
    switch header.encoding {
    case .ascii: appendLines(columns, to: &file)
    case .binary(let order): try appendRows(columns, order, to: &file)
    }
    file += bytes[vertexData.upperBound...]
    return EncodedCloud(file)
  }

  private func column(
    _ declaration: String, _ type: ScalarType, _ values: [Double],
    replacing matches: (PLYHeader.Property) -> Bool
  ) -> Column {
    let place = vertex.properties.firstIndex(where: matches)
    return Column(
      type: place.map { vertex.properties[$0].type } ?? type, place: place,
      declaration: "property \(declaration)\n", values: values)
  }

  private func appendRows(
    _ columns: [Column], _ order: ByteOrder, to file: inout [UInt8]
  ) throws(CloudError) {
    var offsets = [0]
    for property in vertex.properties {
      offsets.append(offsets[offsets.count - 1] + property.type.byteCount)
    }
    let length = offsets[vertex.properties.count]
    let growth = columns.filter { $0.place == nil }.reduce(0) { $0 + $1.type.byteCount }
    file.reserveCapacity(bytes.count + vertex.count * growth)
    for row in 0..<vertex.count {
      let source = vertexData.lowerBound + row * length
      let start = file.count
      file += bytes[source..<source + length]
      for column in columns {
        var position = file.count
        if let place = column.place {
          position = start + offsets[place]
        } else {
          file += repeatElement(0, count: column.type.byteCount)
        }
        guard column.type.store(column.values[row], in: &file, at: position, order) else {
          throw .unsupported(
            format: "PLY",
            reason: "its property of type \(column.type) cannot hold class \(column.values[row])")
        }
      }
    }
  }

  private func appendLines(_ columns: [Column], to file: inout [UInt8]) {
    var position = vertexData.lowerBound
    for row in 0..<vertex.count {
      let line = Self.line(bytes, from: position)
      position = line.upperBound
      var words = DelimitedLine.fields(bytes, line, .blanks).map { Array(bytes[$0]) }
      for column in columns {
        let value = column.values[row]
        // A class is a whole number in every type; the shortest text that gives a float32 back.
        let text = Int(exactly: value).map(\.description) ?? Float(value).description
        if let place = column.place {
          words[place] = Array(text.utf8)
        } else {
          words.append(Array(text.utf8))
        }
      }
      // Before the first vertex stands the header's line end, or an element's line without its own.
      if file.last != UInt8(ascii: "\n") { file.append(UInt8(ascii: "\n")) }
      file += words.joined(separator: [UInt8(ascii: " ")])
    }
  }
}
