extension CloudFormat {
  /// NumPy's NPY, versions 1.0 to 3.0; written as the classes alone.
  static let numpy = CloudFormat(
    name: "NPY",
    mediaTypes: ["application/x-npy"],
    fileExtensions: ["npy"],
    recognizes: { $0.starts(with: NumPyHeader.magic) },
    decoder: { (bytes, limits, sharing) throws(CloudError) in
      DecodedCloud(
        try NumPyReader.cloud(bytes, maximumPointCount: limits.pointCount, on: sharing))
    },
    encoder: { (classified) throws(CloudError) in EncodedCloud(NumPyWriter.file(classified)) },
    holdsProbabilities: true)
}
