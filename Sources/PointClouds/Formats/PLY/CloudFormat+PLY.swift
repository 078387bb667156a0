extension CloudFormat {
  /// PLY, ascii or binary of either byte order.
  ///
  /// A cloud that came as PLY is written as the same file with classes; any other as binary PLY.
  static let ply = CloudFormat(
    name: "PLY",
    mediaTypes: ["application/x-ply", "application/ply"],
    fileExtensions: ["ply"],
    recognizes: { $0.starts(with: Array("ply\n".utf8)) || $0.starts(with: Array("ply\r\n".utf8)) },
    decoder: { (bytes, limits, sharing) throws(CloudError) in
      let file = try PLYFile(bytes, maximumPointCount: limits.pointCount, on: sharing)
      return DecodedCloud(try file.cloud(on: sharing), source: .ply(file))
    },
    encoder: { (classified) throws(CloudError) in
      let file: PLYFile
      if case .ply(let source) = classified.decoded.source {
        file = source
      } else {
        file = try PLYFile(PLYWriter.file(classified.cloud), maximumPointCount: .max)
      }
      return try file.rewritten(classes: classified.classes, confidence: classified.confidence)
    })
}
