import Batching
package import Models
package import PointClouds

/// Why a model or a cloud cannot be segmented.
package enum SegmentationError: Error, Equatable, Sendable {
  /// The model's manifest has no segmentation section.
  case notASegmentationModel(model: String)
  /// A graph input is none that the pre-processing provides.
  case unknownInput(input: String, expected: String)
  /// A graph input has a shape or type that the pre-processing does not provide.
  case inputMismatch(input: String, expected: String, found: String)
  /// No graph output has one score per class.
  case noClassScores(classCount: Int, found: [String])
  /// The graph does not take the image of a range image section.
  case imageInput(expected: String, found: [String])
  /// No graph output is an image with one channel per class.
  case noClassImage(expected: String, found: [String])
  /// The class scores are those of a coarser level's points, or of something else.
  case scoresOfOtherPoints(output: String)
  /// Windows overlap so much that each point would be computed very often.
  case excessiveOverlap(overlapMeters: Double, atMost: Double)
  /// The cloud is wider than any tile, so that its raster of the ground cannot mean anything.
  case extentTooLarge(meters: Double, atMost: Double)
  /// The windows are so small for this cloud that there would be too many.
  case tooManyWindows(extentMeters: Double, atMost: Int)
  /// A cloud cannot be divided into voxels.
  case cloud(CloudError)
  /// The network does not take the tensors of a window.
  case network(RequestError)
  /// The network gives no usable scores for a cloud.
  case nonFiniteScores
  /// The system has no thread to give.
  case noThread(reason: String)
  /// Nobody wants the labels any more: the deadline has passed or the client has gone.
  case abandoned

  /// Runs work that may be abandoned on the way.
  static func unlessAbandoned<Result>(
    _ body: () throws(WorkAbandoned) -> Result
  ) throws(SegmentationError) -> Result {
    do throws(WorkAbandoned) {
      return try body()
    } catch {
      throw .abandoned
    }
  }
}

extension SegmentationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notASegmentationModel(let model):
      "model \"\(model)\" has no segmentation section, so it does not take point clouds"
    case .unknownInput(let input, let expected):
      "graph input \"\(input)\": expected \(expected)"
    case .inputMismatch(let input, let expected, let found):
      "graph input \"\(input)\": expected \(expected), found \(found)"
    case .noClassScores(let classCount, let found):
      "expected an output with \(classCount) values per point, one per class, found "
        + found.joined(separator: ", ")
    case .imageInput(let expected, let found):
      "expected one graph input, FP32 \(expected), found \(found.joined(separator: ", "))"
    case .noClassImage(let expected, let found):
      "expected an output FP32 \(expected), a channel per class, found "
        + found.joined(separator: ", ")
    case .scoresOfOtherPoints(let output):
      "graph output \"\(output)\": expected a row for each point of the finest level, found the "
        + "rows of another level"
    case .excessiveOverlap(let overlapMeters, let atMost):
      "segmentation.window.overlap_meters: expected at most \(atMost), found \(overlapMeters)"
    case .extentTooLarge(let meters, let atMost):
      "the cloud spans \(meters) m, expected at most \(atMost) m"
    case .tooManyWindows(let extentMeters, let atMost):
      "windows as small as the model's segmentation.window.extent_meters, \(extentMeters), are more "
        + "than \(atMost) for this cloud"
    case .cloud(let error):
      "\(error)"
    case .network(let error):
      "a window of the cloud does not fit the model: \(error)"
    case .nonFiniteScores:
      "the model's scores are not finite for this cloud; are its attributes in the "
        + "range that the model was trained with?"
    case .noThread(let reason):
      reason
    case .abandoned:
      "\(WorkAbandoned())"
    }
  }
}
