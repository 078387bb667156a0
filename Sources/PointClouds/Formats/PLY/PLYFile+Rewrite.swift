extension PLYFile {
  /// The same file with the property "classification" and, if given, "confidence".
  ///
  /// Properties that the vertices already have for these are overwritten, others appended.
  /// Throws `CloudError.unsupported` where an existing property has no room for a class.
  func rewritten(classes: [UInt8], confidence: [Float]?) throws(CloudError) -> EncodedCloud {
    let replacements = table.replacements(classes: classes, confidence: confidence)
    var file = Array(bytes[..<vertex.propertiesEnd])
    for replacement in replacements where replacement.place == nil {
      let type = replacement.type == .uint8 ? "uchar" : "float"
      file += "property \(type) \(replacement.name)\n".utf8
    }
    file += bytes[vertex.propertiesEnd..<table.data.lowerBound]
    try table.append(bytes, replacements, to: &file)
    file += bytes[table.data.upperBound...]
    return EncodedCloud(file)
  }
}
