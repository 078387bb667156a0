/// A response status code (RFC 9110, section 15) with its usual reason phrase.
package struct HTTPStatus: Sendable, Hashable, CustomStringConvertible {
  /// Three digits, from 200 to 599 for a final response.
  package let code: Int

  /// A status by number.
  ///
  /// - Parameter code: 100 ... 599; anything else is a bug of the caller.
  package init(_ code: Int) {
    precondition((100...599).contains(code), "a status has three digits, found \(code)")
    self.code = code
  }

  package static let ok = HTTPStatus(200)
  package static let noContent = HTTPStatus(204)
  package static let badRequest = HTTPStatus(400)
  package static let unauthorized = HTTPStatus(401)
  package static let forbidden = HTTPStatus(403)
  package static let notFound = HTTPStatus(404)
  package static let methodNotAllowed = HTTPStatus(405)
  package static let notAcceptable = HTTPStatus(406)
  package static let requestTimeout = HTTPStatus(408)
  package static let lengthRequired = HTTPStatus(411)
  package static let contentTooLarge = HTTPStatus(413)
  package static let uriTooLong = HTTPStatus(414)
  package static let unsupportedMediaType = HTTPStatus(415)
  package static let expectationFailed = HTTPStatus(417)
  package static let unprocessableContent = HTTPStatus(422)
  package static let tooManyRequests = HTTPStatus(429)
  package static let headerFieldsTooLarge = HTTPStatus(431)
  package static let internalServerError = HTTPStatus(500)
  package static let notImplemented = HTTPStatus(501)
  package static let serviceUnavailable = HTTPStatus(503)
  package static let gatewayTimeout = HTTPStatus(504)
  package static let versionNotSupported = HTTPStatus(505)

  /// Whether a response with this status never has a body (RFC 9110, section 6.4.1).
  package var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

  /// The reason phrase; empty for a code this server gives no name.
  package var reason: String {
    switch code {
    case 100: "Continue"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: ""
    }
  }

  package var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }
}
