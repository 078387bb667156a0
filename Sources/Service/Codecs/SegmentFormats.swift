import HTTPServer
import PointClouds

/// Which format a body is in, and which one the client wants back.
enum SegmentFormats {
  /// What an answer can be.
  enum Answer: Sendable {
    /// Labels, class names, counts, confidence and timings.
    case json
    /// The same at the end of lines that tell of each window.
    case lines
    /// The cloud with its classes, in a file format.
    case cloud(CloudFormat)
  }

  private static let jsonMediaType = "application/json"
  static let linesMediaType = "application/x-ndjson"

  /// Media types that say nothing about the body.
  private static let unspecific: Set<String> = [
    "application/octet-stream", "application/x-www-form-urlencoded", "binary/octet-stream",
  ]

  /// The format of a body by its Content-Type, or by its first bytes where that says nothing.
  ///
  /// `curl --data-binary` sends `application/x-www-form-urlencoded` unless told otherwise, which is
  /// never what a cloud is, so it counts as saying nothing.
  /// - Throws: `HTTPFailure` 415; 422 for a body without bytes and without a type.
  static func format(of request: HTTPRequest) throws(HTTPFailure) -> CloudFormat {
    let field = request.headers["Content-Type"] ?? ""
    let mediaType = MediaType(field)?.description ?? field
    if mediaType.isEmpty || unspecific.contains(mediaType) {
      guard !request.body.isEmpty else { throw HTTPFailure(CloudError.empty) }
      if let format = CloudFormat.format(content: request.body) { return format }
      throw unsupported("the body looks like no format of point clouds")
    }
    if let format = CloudFormat.format(mediaType: mediaType) { return format }
    throw unsupported("Content-Type \(mediaType) is no format of point clouds")
  }

  /// The format of the answer by the Accept header; JSON where the client has no wish.
  ///
  /// - Throws: `HTTPFailure` 406.
  static func answer(for request: HTTPRequest) throws(HTTPFailure) -> Answer {
    guard let chosen = Accept(request.headers).choose(from: offers.map(\.mediaType)) else {
      let names = offers.map(\.mediaType.description).joined(separator: ", ")
      throw HTTPFailure(
        .notAcceptable, code: "not_acceptable", message: "answers are \(names)",
        detail: [("found", .string(request.headers.list("Accept").joined(separator: ", ")))])
    }
    return offers.first { $0.mediaType == chosen }?.answer ?? .json
  }

  /// Every answer and its media types, the preferred one first.
  private static let offers: [(mediaType: MediaType, answer: Answer)] = {
    var offers: [(mediaType: MediaType, answer: Answer)] = []
    if let json = MediaType(jsonMediaType) { offers.append((json, .json)) }
    if let lines = MediaType(linesMediaType) { offers.append((lines, .lines)) }
    for format in CloudFormat.all
    where format.canEncode && !format.mediaTypes.contains(jsonMediaType) {
      for name in format.mediaTypes {
        if let mediaType = MediaType(name) { offers.append((mediaType, .cloud(format))) }
      }
    }
    return offers
  }()

  private static func unsupported(_ message: String) -> HTTPFailure {
    let known = CloudFormat.all.map {
      "\($0.name) (\($0.mediaTypes.first ?? ""))"
    }
    return HTTPFailure(
      .unsupportedMediaType, code: "unsupported_media_type",
      message: "\(message); known are \(known.joined(separator: ", "))")
  }
}
