/// The request a connection is answering, from its complete head to its response's last byte.
///
/// A reference type so that handing it on copies one pointer and not twenty fields. Confined to its
/// event loop.
final class Flight {
  /// Where the response stands.
  enum Response {
    /// The request's body is still being read.
    case receiving
    /// The handler has the request.
    case waiting
    /// More content follows, pushed by the handler.
    case pushing
    /// More content follows, pulled from a stream.
    case pulling(HTTPBodyStream)
    /// All of it is in the output queue.
    case complete
  }

  let head: HTTPRequestHead
  let id: String
  let start: MonotonicTime
  let token: RequestToken
  /// Nil where the router answers itself.
  var route: HTTPRouter.Route?
  var parameters: [String: String] = [:]
  var principal: HTTPPrincipal?
  /// Content codings of the body, in the order they were applied.
  var codings: [ContentCoding] = []
  /// The answer that stands before the body is read, for example 404.
  var verdict: HTTPResponse?
  var exchange: ExchangeCore?
  var response = Response.receiving
  var framing = ResponseEncoder.Framing.none
  var status: HTTPStatus?
  var requestByteCount = 0
  /// Bytes of response content in the queue or sent.
  var contentByteCount = 0
  /// Bytes of pushed pieces that the exchange counts as waiting.
  var unacknowledgedByteCount = 0
  /// Whether content is sent at all: not to HEAD, nor with a status that forbids it.
  var sendsContent = true
  /// Memory of the request's body, counted in the server's total.
  var reservedByteCount = 0

  init(head: HTTPRequestHead, id: String, start: MonotonicTime, token: RequestToken) {
    self.head = head
    self.id = id
    self.start = start
    self.token = token
  }
}
