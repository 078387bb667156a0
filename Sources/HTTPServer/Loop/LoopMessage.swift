/// What other threads ask of an event loop.
enum LoopMessage: Sendable {
  case listen(Int32, (any TransportFactory)?)
  case adopt(Int32, SocketAddress, (any TransportFactory)?)
  case respond(RequestToken, HTTPResponse)
  /// Starts a response whose content follows; its length when it is known.
  case begin(RequestToken, HTTPResponse, byteCount: Int?)
  case write(RequestToken, [UInt8])
  case end(RequestToken)
  case abort(RequestToken)
  /// The body of a request whose content codings are undone; its memory is counted.
  case decoded(RequestToken, [UInt8])
  case stopListening
  case drain
  case stop
}
