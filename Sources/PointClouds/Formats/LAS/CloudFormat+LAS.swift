extension CloudFormat {
  /// LAS 1.0 to 1.4, point formats 0 to 10.
  ///
  /// A cloud that came as LAS is written as the same file with other classes; any other as LAS 1.4.
  static let las = CloudFormat(
    name: "LAS",
    mediaTypes: ["application/vnd.las", "application/las"],
    fileExtensions: ["las"],
    recognizes: LASHeader.isPresent,
    decoder: decodeLAS,
    encoder: { (classified) throws(CloudError) in
      let file: LASFile
      if case .las(let source) = classified.takeSource() {
        file = source
      } else {
        file = try LASFile(LASWriter(classified.cloud).file(), maximumPointCount: .max)
      }
      return try (consume file).rewritten(
        classes: classified.classes, confidence: classified.confidence)
    })

  /// LAS with points compressed by LASzip; a cloud that came so is written as LAS.
  static let laz = CloudFormat(
    name: "LAZ",
    mediaTypes: ["application/vnd.laz", "application/laz"],
    fileExtensions: ["laz"],
    recognizes: LASHeader.isCompressed,
    decoder: decodeLAS,
    encoder: nil)

  /// Reads either; the name or media type of one is often given to the other.
  private static let decodeLAS: Decoder = { (bytes, limits, sharing) throws(CloudError) in
    var bytes = bytes
    if LASHeader.isCompressed(bytes) {
      bytes = try LAZFile(bytes, limits: limits).decompressed(on: sharing)
    }
    let file = try LASFile(bytes, maximumPointCount: limits.pointCount)
    return DecodedCloud(try file.cloud(on: sharing), source: .las(file))
  }
}
