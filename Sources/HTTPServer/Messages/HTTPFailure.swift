/// An error answer: what a person reads, what a program reads, and the facts behind it.
///
/// Its document is `{"error", "code", "detail", "request_id"}` with exactly the media type
/// `application/json`: clients of the inference protocol show the message only then.
package struct HTTPFailure: Error, Sendable, Equatable {
  /// A fact of the `detail` object.
  package enum Detail: Sendable, Equatable, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation
  {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
  }

  package var status: HTTPStatus
  /// A constant in snake_case.
  package var code: String
  /// One sentence for a person.
  package var message: String
  /// Facts in order, by snake_case names.
  package var detail: [(name: String, value: Detail)]
  /// Further header fields, for example `Retry-After`.
  package var headers: HTTPHeaders

  package init(
    _ status: HTTPStatus, code: String, message: String,
    detail: [(name: String, value: Detail)] = [], headers: HTTPHeaders = HTTPHeaders()
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.detail = detail
    self.headers = headers
  }

  package static func == (first: HTTPFailure, second: HTTPFailure) -> Bool {
    first.status == second.status && first.code == second.code && first.message == second.message
      && first.headers == second.headers
      && first.detail.elementsEqual(second.detail) { $0.name == $1.name && $0.value == $1.value }
  }

  /// The most Unicode scalars of a text in the document, since one may quote what a client sent.
  private static let maximumTextLength = 2048

  private static func json(_ text: String) -> String {
    let kept = text.unicodeScalars.prefix(maximumTextLength)
    return JSONText.string(kept.endIndex == text.endIndex ? text : "\(String(kept))…")
  }

  /// The JSON document in UTF-8.
  package func document(requestID: String) -> [UInt8] {
    var text = "{\"error\":\(Self.json(message)),\"code\":\(JSONText.string(code)),"
    text += "\"detail\":{"
    for (index, fact) in detail.enumerated() {
      text += (index > 0 ? "," : "") + JSONText.string(fact.name) + ":"
      switch fact.value {
      case .string(let value): text += Self.json(value)
      case .integer(let value): text += String(value)
      case .number(let value): text += value.isFinite ? "\(value)" : "null"
      case .boolean(let value): text += value ? "true" : "false"
      }
    }
    text += "},\"request_id\":\(JSONText.string(requestID))}"
    return Array(text.utf8)
  }
}
