/// Why the server itself refuses a request: framing, syntax, limits and time.
///
/// After most of these the connection closes, because where the next request would start is
/// not known for sure.
package enum HTTPRefusal: Error, Sendable, Equatable {
  // Syntax (RFC 9112, sections 2, 3 and 5).
  case malformedRequestLine(reason: String)
  case invalidTarget(reason: String)
  case unsupportedVersion(found: String)
  case methodTooLong(limit: Int)
  case bareLineFeed
  case bareCarriageReturn
  case controlCharacter(byte: UInt8)
  case malformedField(reason: String)
  case foldedField

  // Host (RFC 9112, section 3.2).
  case missingHost
  case severalHosts
  case invalidHost(found: String)

  // Framing (RFC 9112, sections 6 and 7).
  case invalidContentLength(found: String)
  case severalContentLengths
  case lengthAndTransferEncoding
  case transferEncodingInHTTP10
  case invalidTransferEncoding(found: String)
  case unsupportedTransferCoding(found: String)
  case malformedChunk(reason: String)
  case lengthRequired

  // Limits.
  case targetTooLong(limit: Int)
  case headerTooLarge(limit: Int)
  case tooManyFields(limit: Int)
  case bodyTooLarge(limit: Int)
  case buffersFull
  case tooManyConnections(limit: Int)
  case tooManyConnectionsOfClient(limit: Int)

  // Expectations and codings (RFC 9110, sections 8.4 and 10.1.1).
  case expectationFailed(found: String)
  case unsupportedContentCoding(found: String)
  case malformedContent(coding: String, reason: String)

  // Time.
  case headerTimeout(limit: Duration)
  case bodyTimeout(limit: Duration)
  case bodyTooSlow(bytesPerSecond: Int)
}

extension HTTPRefusal {
  /// The status, code and sentence the client gets.
  package var failure: HTTPFailure {
    switch self {
    case .malformedRequestLine(let reason):
      HTTPFailure(
        .badRequest, code: "malformed_request_line",
        message: "The request line is malformed: \(reason).")
    case .invalidTarget(let reason):
      HTTPFailure(
        .badRequest, code: "invalid_target", message: "The request target is invalid: \(reason).")
    case .unsupportedVersion(let found):
      HTTPFailure(
        .versionNotSupported, code: "unsupported_version",
        message: "This server speaks HTTP/1.1 and HTTP/1.0.", detail: [("found", .string(found))])
    case .methodTooLong(let limit):
      HTTPFailure(
        .notImplemented, code: "method_not_implemented",
        message: "No method has a name of more than \(limit) bytes.",
        detail: [("limit_bytes", .integer(limit))])
    case .bareLineFeed:
      HTTPFailure(
        .badRequest, code: "bare_line_feed",
        message: "A line ends in a line feed without a carriage return.")
    case .bareCarriageReturn:
      HTTPFailure(
        .badRequest, code: "bare_carriage_return",
        message: "A carriage return is not followed by a line feed.")
    case .controlCharacter(let byte):
      HTTPFailure(
        .badRequest, code: "control_character",
        message: "The header contains a control character.",
        detail: [("byte", .integer(Int(byte)))])
    case .malformedField(let reason):
      HTTPFailure(
        .badRequest, code: "malformed_field", message: "A header field is malformed: \(reason).")
    case .foldedField:
      HTTPFailure(
        .badRequest, code: "folded_field",
        message: "A header line starts with white space (line folding is obsolete).")
    case .missingHost:
      HTTPFailure(
        .badRequest, code: "missing_host", message: "An HTTP/1.1 request needs a Host field.")
    case .severalHosts:
      HTTPFailure(
        .badRequest, code: "several_hosts", message: "The request has more than one Host field.")
    case .invalidHost(let found):
      HTTPFailure(
        .badRequest, code: "invalid_host", message: "The Host field is malformed.",
        detail: [("found", .string(found))])
    case .invalidContentLength(let found):
      HTTPFailure(
        .badRequest, code: "invalid_content_length", message: "Content-Length is not a number.",
        detail: [("found", .string(found))])
    case .severalContentLengths:
      HTTPFailure(
        .badRequest, code: "several_content_lengths",
        message: "The request has more than one Content-Length.")
    case .lengthAndTransferEncoding:
      HTTPFailure(
        .badRequest, code: "length_and_transfer_encoding",
        message: "The request has both Content-Length and Transfer-Encoding.")
    case .transferEncodingInHTTP10:
      HTTPFailure(
        .badRequest, code: "transfer_encoding_in_http10",
        message: "HTTP/1.0 has no Transfer-Encoding.")
    case .invalidTransferEncoding(let found):
      HTTPFailure(
        .badRequest, code: "invalid_transfer_encoding",
        message: "Transfer-Encoding must be chunked, once and last.",
        detail: [("found", .string(found))])
    case .unsupportedTransferCoding(let found):
      HTTPFailure(
        .notImplemented, code: "unsupported_transfer_coding",
        message: "The only transfer coding this server knows is chunked.",
        detail: [("found", .string(found))])
    case .malformedChunk(let reason):
      HTTPFailure(
        .badRequest, code: "malformed_chunk", message: "The chunked body is malformed: \(reason).")
    case .lengthRequired:
      HTTPFailure(
        .lengthRequired, code: "length_required",
        message: "This request needs a body, and a Content-Length or chunked coding with it.")
    case .targetTooLong(let limit):
      HTTPFailure(
        .uriTooLong, code: "target_too_long",
        message: "The request target is longer than \(limit) bytes.",
        detail: [("limit_bytes", .integer(limit))])
    case .headerTooLarge(let limit):
      HTTPFailure(
        .headerFieldsTooLarge, code: "header_too_large",
        message: "The header is larger than \(limit) bytes.",
        detail: [("limit_bytes", .integer(limit))])
    case .tooManyFields(let limit):
      HTTPFailure(
        .headerFieldsTooLarge, code: "too_many_fields",
        message: "The header has more than \(limit) fields.", detail: [("limit", .integer(limit))])
    case .bodyTooLarge(let limit):
      HTTPFailure(
        .contentTooLarge, code: "body_too_large",
        message: "The body is larger than \(limit) bytes.",
        detail: [("limit_bytes", .integer(limit))])
    case .buffersFull:
      HTTPFailure(
        .serviceUnavailable, code: "buffers_full",
        message: "The server holds as many bytes of requests as it may; try again.",
        headers: ["Retry-After": "1"])
    case .tooManyConnections(let limit):
      HTTPFailure(
        .serviceUnavailable, code: "too_many_connections",
        message: "The server has as many connections as it may; try again.",
        detail: [("limit", .integer(limit))], headers: ["Retry-After": "1"])
    case .tooManyConnectionsOfClient(let limit):
      HTTPFailure(
        .tooManyRequests, code: "too_many_connections_of_client",
        message: "This client has as many connections as it may.",
        detail: [("limit", .integer(limit))], headers: ["Retry-After": "1"])
    case .expectationFailed(let found):
      HTTPFailure(
        .expectationFailed, code: "expectation_failed",
        message: "The only expectation this server meets is 100-continue.",
        detail: [("found", .string(found))])
    case .unsupportedContentCoding(let found):
      HTTPFailure(
        .unsupportedMediaType, code: "unsupported_content_coding",
        message: "Request bodies may be coded as gzip or deflate.",
        detail: [("found", .string(found))], headers: ["Accept-Encoding": "gzip, deflate"])
    case .malformedContent(let coding, let reason):
      HTTPFailure(
        .badRequest, code: "malformed_content",
        message: "The \(coding) body is malformed: \(reason).")
    case .headerTimeout(let limit):
      HTTPFailure(
        .requestTimeout, code: "header_timeout",
        message: "The header did not arrive within \(limit).")
    case .bodyTimeout(let limit):
      HTTPFailure(
        .requestTimeout, code: "body_timeout", message: "The body did not arrive within \(limit).")
    case .bodyTooSlow(let bytesPerSecond):
      HTTPFailure(
        .requestTimeout, code: "body_too_slow",
        message: "The body arrived at less than \(bytesPerSecond) bytes per second.",
        detail: [("minimum_bytes_per_second", .integer(bytesPerSecond))])
    }
  }
}
