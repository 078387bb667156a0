/// Where one request's answer goes: once, from any thread.
///
/// Either ``respond(_:)``, or ``begin(_:byteCount:)`` followed by ``write(_:)`` and ``end()``.
/// When the last reference goes away before that, the client gets 500 (or, in the middle of a
/// response, the end of its connection).
package final class HTTPExchange: Sendable {
  /// What became of a piece of a response.
  package enum WriteResult: Sendable, Equatable {
    case accepted
    /// Accepted, but so much waits for the client that the writer should pause until
    /// ``whenWritable(_:)`` calls back.
    case full
    /// Dropped: the connection is gone or the response has ended.
    case gone
  }

  private let core: ExchangeCore

  init(core: ExchangeCore) { self.core = core }

  deinit { core.abandon() }

  /// The request's id, for error documents and logs.
  package var requestID: String { core.requestID }

  /// Answers.
  ///
  /// - Returns: false when the exchange has its answer already or the connection is gone.
  @discardableResult
  package func respond(_ response: HTTPResponse) -> Bool { core.respond(response) }

  /// Answers with an error document.
  ///
  /// - Returns: false when the exchange has its answer already or the connection is gone.
  @discardableResult
  package func fail(_ failure: HTTPFailure) -> Bool {
    core.respond(.failure(failure, requestID: core.requestID))
  }

  /// Starts a response whose content comes in pieces; the body given here is its first.
  ///
  /// - Parameters:
  ///   - response: status, fields and the first piece of content.
  ///   - byteCount: all bytes that will come, the first piece included, when that is known;
  ///     otherwise the content goes out chunked.
  /// - Returns: false when the exchange has its answer already or the connection is gone.
  @discardableResult
  package func begin(_ response: HTTPResponse, byteCount: Int? = nil) -> Bool {
    core.begin(response, byteCount: byteCount)
  }

  /// Adds a piece to a response that has begun.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> WriteResult { core.write(bytes) }

  /// Calls back once, when a writer that was told ``WriteResult/full`` may go on or when the
  /// connection is gone; at once if that is so already.
  ///
  /// Runs on an event loop: it must return at once.
  package func whenWritable(_ action: @escaping @Sendable () -> Void) {
    core.whenWritable(action)
  }

  /// Ends a response that has begun.
  package func end() { core.end() }

  /// Gives up in the middle of a response: the connection closes, so the client cannot take the
  /// part it has for the whole.
  package func abort() { core.abort() }

  /// Calls back once if the client leaves, or the request's time is over, before the answer is
  /// complete; at once if that has happened.
  ///
  /// Runs on an event loop: it must return at once.
  package func onCancel(_ action: @escaping @Sendable (HTTPCancellation) -> Void) {
    core.onCancel(action)
  }

  /// Why the exchange was cancelled; nil while it is not.
  package var cancellation: HTTPCancellation? { core.cancellation }

  /// Attaches a value that the request's record carries to the observer, for the access log.
  package func attach(_ value: any Sendable) { core.attach(value) }
}
