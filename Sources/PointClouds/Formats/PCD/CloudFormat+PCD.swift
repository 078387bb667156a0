extension CloudFormat {
  /// PCD of the Point Cloud Library, version 0.7: ascii, binary or compressed.
  ///
  /// A cloud that came as PCD is written as the same file with classes, a compressed one
  /// uncompressed; any other cloud as binary PCD.
  static let pcd = CloudFormat(
    name: "PCD",
    // None is registered; this is how unregistered ones are formed.
    mediaTypes: ["application/x-pcd", "pointcloud/pcd"],
    fileExtensions: ["pcd"],
    recognizes: PCDHeader.isPresent,
    decoder: { (bytes, limits, sharing) throws(CloudError) in
      let file = try PCDFile(bytes, limits: limits, on: sharing)
      return DecodedCloud(try file.cloud(on: sharing), source: .pcd(file))
    },
    encoder: { (classified) throws(CloudError) in
      let file: PCDFile
      if case .pcd(let source) = classified.decoded.source {
        file = source
      } else {
        file = try PCDFile(PCDWriter.file(classified.cloud), limits: CloudLimits())
      }
      return try file.rewritten(classes: classified.classes, confidence: classified.confidence)
    })
}
