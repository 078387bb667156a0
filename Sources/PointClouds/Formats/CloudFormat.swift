package import Batching

/// A file format of point clouds: how it is told apart, read and written.
package struct CloudFormat: Sendable {
  /// The name for people, as "LAS".
  package let name: String
  /// Media types in lower case without parameters; answers carry the first one.
  package let mediaTypes: [String]
  /// File name extensions in lower case, without the dot.
  package let fileExtensions: [String]
  /// Whether bytes, from their beginning, look like this format.
  let recognizes: @Sendable (_ bytes: [UInt8]) -> Bool
  let decoder: Decoder
  let encoder: Encoder?
  /// Whether a written cloud has a place for the probabilities of all classes.
  package private(set) var holdsProbabilities = false

  typealias Decoder =
    @Sendable (_ bytes: [UInt8], _ limits: CloudLimits, _ sharing: WorkSharing)
    throws(CloudError) -> DecodedCloud
  typealias Encoder = @Sendable (inout ClassifiedCloud) throws(CloudError) -> EncodedCloud

  /// Every format known, in the order in which content is tried.
  package static let all: [CloudFormat] = [
    .laz, .las, .ply, .pcd, .numpy, .json, .text,
  ]

  /// The format of a media type, which is given in lower case and without parameters.
  package static func format(mediaType: String) -> CloudFormat? {
    all.first { $0.mediaTypes.contains(mediaType) }
  }

  /// The format of a file name extension, in any case, without the dot.
  package static func format(fileExtension: String) -> CloudFormat? {
    let lowercased = fileExtension.lowercased()
    return all.first { $0.fileExtensions.contains(lowercased) }
  }

  /// The format that bytes look like.
  package static func format(content bytes: [UInt8]) -> CloudFormat? {
    all.first { $0.recognizes(bytes) }
  }

  /// Whether clouds can be written in this format.
  package var canEncode: Bool { encoder != nil }

  /// The format that a cloud of this one is written in where nothing else is asked for.
  package var written: CloudFormat { canEncode ? self : name == "LAZ" ? .las : .text }

  /// Reads a cloud.
  ///
  /// Throws `CloudError`: `.malformed` with the place of the fault, `.unsupported`, `.tooManyPoints`
  /// and `.tooManyBytes` above the limits, `.empty`, `.nonFinite`, `.attributeLength` or
  /// `.attributeRange`, and `.abandoned` when nobody wants it any more. The threads of `sharing` help
  /// where the file is in parts.
  package func decode(
    _ bytes: [UInt8], limits: CloudLimits = CloudLimits(), on sharing: WorkSharing = .alone
  ) throws(CloudError) -> DecodedCloud {
    try decoder(bytes, limits, sharing)
  }

  /// Reads a cloud of no more than a number of points.
  package func decode(
    _ bytes: [UInt8], maximumPointCount: Int
  ) throws(CloudError) -> DecodedCloud {
    try decode(bytes, limits: CloudLimits(pointCount: maximumPointCount))
  }

  /// Writes a classified cloud.
  ///
  /// A cloud that nobody else holds gives its file away to be changed, without a copy. Throws
  /// `CloudError.unsupported` where the format cannot be written or cannot hold the cloud.
  package func encode(
    _ classified: consuming ClassifiedCloud
  ) throws(CloudError) -> EncodedCloud {
    guard let encoder else { throw .unsupported(format: name, reason: "it can only be read") }
    return try encoder(&classified)
  }
}
