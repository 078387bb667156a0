import Batching
import HTTPServer
import Models
import PointClouds
import Segmentation

extension HTTPFailure {
  /// What a cloud that can't be segmented is answered with.
  init(_ error: CloudError) {
    let message = "\(error)"
    switch error {
    case .unrecognizedFormat:
      self.init(.unsupportedMediaType, code: "unsupported_media_type", message: message)
    case .unsupported(let format, _):
      self.init(
        .unsupportedMediaType, code: "unsupported_media_type", message: message,
        detail: [("format", .string(format))])
    case .malformed(let format, let location, let field, let expected, let found):
      var detail: [(name: String, value: Detail)] = [("format", .string(format))]
      switch location {
      case .byte(let offset): detail.append(("byte_offset", .integer(offset)))
      case .line(let line, let column):
        detail += [("line", .integer(line)), ("column", .integer(column))]
      case .whole: break
      }
      detail += [
        ("field", .string(field)), ("expected", .string(expected)), ("found", .string(found)),
      ]
      self.init(.badRequest, code: "malformed_cloud", message: message, detail: detail)
    case .tooManyPoints(let limit, let found):
      self = .tooManyPoints(message, limit: limit, found: found)
    case .tooManyBytes(let limit, let found):
      self = .tooManyBytes(message, limit: limit, found: found)
    case .abandoned:
      self.init(
        .gatewayTimeout, code: Self.deadlinePassed.code,
        message: "the deadline passed while the cloud was read")
    case .empty:
      self.init(.unprocessableContent, code: "no_points", message: message)
    case .nonFinite(let attribute, let index):
      self.init(
        .unprocessableContent, code: "non_finite", message: message,
        detail: [("attribute", .string(attribute)), ("point", .integer(index))])
    case .attributeLength(let attribute, let expected, let found):
      self.init(
        .unprocessableContent, code: "attribute_length", message: message,
        detail: [
          ("attribute", .string(attribute)), ("expected", .integer(expected)),
          ("found", .integer(found)),
        ])
    case .attributeRange(let attribute, let index, let expected, let found):
      self.init(
        .unprocessableContent, code: "attribute_range", message: message,
        detail: [
          ("attribute", .string(attribute)), ("point", .integer(index)),
          ("expected", .string(expected)), ("found", .string(found)),
        ])
    }
  }

  /// What a request that is not admitted is answered with.
  init(_ error: AdmissionError, retryAfterSeconds: Int?) {
    let message = "\(error)"
    let retry: HTTPHeaders = ["Retry-After": "\(retryAfterSeconds ?? 1)"]
    switch error {
    case .queueFull(let quantity, let limit, let found):
      self.init(
        .serviceUnavailable, code: "queue_full", message: message,
        detail: [
          ("quantity", .string(quantity.rawValue)), ("limit", .integer(limit)),
          ("found", .integer(found)),
        ], headers: retry)
    case .tooManyPoints(let limit, let found):
      self = .tooManyPoints(message, limit: limit, found: found)
    case .tooManyBytes(let limit, let found):
      self = .tooManyBytes(message, limit: limit, found: found)
    case .draining:
      self.init(.serviceUnavailable, code: "draining", message: message, headers: retry)
    }
  }

  private static func tooManyPoints(_ message: String, limit: Int, found: Int) -> HTTPFailure {
    HTTPFailure(
      .contentTooLarge, code: "too_many_points", message: message,
      detail: [("limit", .integer(limit)), ("found", .integer(found))])
  }

  private static func tooManyBytes(_ message: String, limit: Int, found: Int) -> HTTPFailure {
    HTTPFailure(
      .contentTooLarge, code: "too_many_bytes", message: message,
      detail: [("limit", .integer(limit)), ("found", .integer(found))])
  }

  /// A deadline that passed while the request waited.
  static let deadlinePassed = HTTPFailure(
    .gatewayTimeout, code: "deadline_passed",
    message: "the deadline passed while the request waited; nothing was computed")

  /// A service that has shut down under the request.
  static let shutDown = HTTPFailure(
    .serviceUnavailable, code: "draining", message: "the service is shutting down",
    headers: ["Retry-After": "1"])

  /// A body that is not what its endpoint reads.
  static func malformedJSON(_ reason: String) -> HTTPFailure {
    HTTPFailure(
      .badRequest, code: "malformed_json", message: "the body can't be decoded: \(reason)")
  }

  /// The longest text that is read again to find out what is wrong with it.
  private static let explainedByteCount = 1 << 20

  /// A body that the JSON decoder refused.
  ///
  /// The decoder keeps to itself where a text stops being JSON, and calls it that when a number does
  /// not fit its type.
  static func malformedJSON(_ error: any Error, text: ArraySlice<UInt8>) -> HTTPFailure {
    guard let error = error as? DecodingError else { return malformedJSON("\(error)") }
    guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty,
      text.count <= explainedByteCount
    else { return malformedJSON(summary(of: error)) }
    do throws(JSONError) {
      _ = try JSONReader.read(text)
      return malformedJSON("a number does not fit the datatype that it is given for")
    } catch {
      return malformedJSON("\(error)")
    }
  }
}

extension HTTPFailure {
  /// What a model that can't answer is answered with.
  init(_ error: ModelLookupError) {
    let message = "\(error)"
    switch error {
    case .unknownModel(let name):
      self.init(
        .notFound, code: "unknown_model", message: message, detail: [("model", .string(name))])
    case .unknownVersion(let name, let version):
      self.init(
        .notFound, code: "unknown_version", message: message,
        detail: [("model", .string(name)), ("version", .integer(version))])
    case .unknownLabel(let name, let label):
      self.init(
        .notFound, code: "unknown_label", message: message,
        detail: [("model", .string(name)), ("label", .string(label))])
    case .notReady(let name, _, let reason):
      self.init(
        .serviceUnavailable, code: "model_not_ready", message: message,
        detail: [("model", .string(name)), ("reason", .string(reason))],
        headers: ["Retry-After": "5"])
    }
  }

  /// What tensors that a model does not take are answered with.
  init(_ error: RequestError) {
    let code =
      switch error {
      case .inputCount: "input_count"
      case .datatype: "datatype"
      case .shape: "shape"
      case .valueCount: "value_count"
      case .nonFinite: "non_finite"
      case .indexOutOfRange: "index_out_of_range"
      case .workspace: "too_large"
      case .layout: "layout"
      }
    if case .workspace = error {
      self.init(.contentTooLarge, code: code, message: "\(error)")
    } else {
      self.init(.unprocessableContent, code: code, message: "\(error)")
    }
  }

  /// What a cloud or model that can't be segmented is answered with.
  init(_ error: SegmentationError) {
    switch error {
    case .cloud(let error): self.init(error)
    case .notASegmentationModel(let model):
      self.init(
        .badRequest, code: "not_a_segmentation_model", message: "\(error)",
        detail: [("model", .string(model))])
    case .extentTooLarge:
      self.init(.unprocessableContent, code: "extent_too_large", message: "\(error)")
    case .tooManyWindows:
      self.init(.unprocessableContent, code: "too_many_windows", message: "\(error)")
    case .abandoned:
      self.init(
        .gatewayTimeout, code: Self.deadlinePassed.code,
        message: "the deadline passed while the cloud was prepared")
    case .network(let error): self.init(error)
    case .nonFiniteScores:
      self.init(.unprocessableContent, code: "output_not_finite", message: "\(error)")
    case .unknownInput, .inputMismatch, .noClassScores, .imageInput, .noClassImage,
      .scoresOfOtherPoints, .excessiveOverlap, .noThread:
      self.init(.internalServerError, code: "model_unusable", message: "\(error)")
    }
  }
}
