import PointClouds

extension FuzzTarget {
  /// One target for each format of clouds.
  static let clouds: [FuzzTarget] = [
    cloud("las", mediaType: "application/vnd.las"), cloud("laz", mediaType: "application/vnd.laz"),
    cloud("ply", mediaType: "application/x-ply"),
    cloud("pcd", mediaType: "application/x-pcd"),
    cloud("numpy", mediaType: "application/x-npy"), cloud("text", mediaType: "text/csv"),
    cloud("cloud-json", mediaType: "application/json"),
  ]

  /// Most points of a cloud, as a service has a limit.
  private static let pointLimit = 100_000

  /// Most bytes of a cloud after decompression.
  private static let byteLimit = 1 << 24

  /// A file is refused or gives a cloud, which can be written with classes and read again.
  private static func cloud(_ name: String, mediaType: String) -> FuzzTarget {
    FuzzTarget(name: name) { input in
      _ = CloudFormat.format(content: input)
      guard let format = CloudFormat.format(mediaType: mediaType) else {
        preconditionFailure("no format of \(mediaType)")
      }
      let decoded: DecodedCloud
      do {
        decoded = try format.decode(
          input, limits: CloudLimits(pointCount: pointLimit, byteCount: byteLimit))
      } catch {
        _ = "\(error)"
        return
      }
      let count = decoded.cloud.count
      precondition((1...pointLimit).contains(count))
      precondition(decoded.cloud.positions.allSatisfy(\.isFinite))
      writeAndReadAgain(decoded, in: format, isRewrite: true)
      for other in CloudFormat.all where other.canEncode && other.name != format.name {
        writeAndReadAgain(decoded, in: other, isRewrite: false)
      }
    }
  }

  /// Writes a cloud with classes; a rewrite, in the format that it came in, keeps its positions.
  private static func writeAndReadAgain(
    _ decoded: DecodedCloud, in format: CloudFormat, isRewrite: Bool
  ) {
    let count = decoded.cloud.count
    let classified = ClassifiedCloud(
      decoded, classes: (0..<count).map { UInt8(truncatingIfNeeded: $0 % 20) },
      classNames: [2: "ground"], confidence: Array(repeating: 0.5, count: count),
      probabilities: ClassProbabilities(
        classes: [2, 6], values: Array(repeating: 0.5, count: 2 * count)))
    let written: EncodedCloud
    do { written = try format.encode(classified) } catch { return }
    guard isRewrite, ["LAS", "PLY", "PCD"].contains(format.name) else { return }
    do {
      let again = try format.decode(written.bytes)
      precondition(again.cloud.positions == decoded.cloud.positions, "positions changed")
    } catch {
      preconditionFailure("what was written is refused: \(error)")
    }
  }
}
