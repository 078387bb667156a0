extension CloudFormat {
  /// Lines of numbers, as XYZ and CSV; written as CSV.
  static let text = CloudFormat(
    name: "text",
    mediaTypes: ["text/csv", "text/plain"],
    fileExtensions: ["csv", "xyz", "txt", "asc"],
    recognizes: { bytes in
      // Control characters other than tab, line feed and carriage return show that it is no text.
      !bytes.isEmpty && bytes.prefix(1024).allSatisfy { $0 >= 32 || [9, 10, 13].contains($0) }
    },
    decoder: { (bytes, limits, sharing) throws(CloudError) in
      DecodedCloud(
        try TextReader.cloud(bytes, maximumPointCount: limits.pointCount, on: sharing))
    },
    encoder: { (classified) throws(CloudError) in EncodedCloud(TextWriter.file(classified)) },
    holdsProbabilities: true)
}
