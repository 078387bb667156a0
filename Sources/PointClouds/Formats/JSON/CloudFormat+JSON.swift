extension CloudFormat {
  /// Points and attributes as arrays of numbers in JSON; read only.
  static let json = CloudFormat(
    name: "JSON",
    mediaTypes: ["application/json"],
    fileExtensions: ["json"],
    recognizes: { bytes in
      bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    },
    decoder: { (bytes, limits, sharing) throws(CloudError) in
      DecodedCloud(
        try JSONCloudReader.cloud(bytes, maximumPointCount: limits.pointCount, on: sharing))
    },
    encoder: nil)
}
