/// Answers requests of one route.
package protocol HTTPHandler: Sendable {
  /// Looks at a request before its body is read.
  ///
  /// Called on an event loop, so it must return at once. Nothing is reserved: a request that is let
  /// pass here may still be refused when its body is there.
  ///
  /// - Parameter head: the head of a request that is allowed to use the route.
  /// - Returns: what it is refused with; nil to read its body.
  func refusal(of head: HTTPRequestHead) -> HTTPFailure?

  /// Takes a complete request.
  ///
  /// Called on an event loop, so it must return at once: longer work goes to threads of its own,
  /// which answer through the exchange later.
  ///
  /// - Parameters:
  ///   - request: the request, its body included.
  ///   - exchange: where the answer goes. An exchange that is released without an answer is
  ///     answered with 500.
  func handle(_ request: HTTPRequest, _ exchange: HTTPExchange)
}

extension HTTPHandler {
  package func refusal(of head: HTTPRequestHead) -> HTTPFailure? { nil }
}

/// A handler made of a function that answers at once.
package struct ImmediateHandler: HTTPHandler {
  private let function: @Sendable (HTTPRequest) throws(HTTPFailure) -> HTTPResponse

  package init(_ function: @escaping @Sendable (HTTPRequest) throws(HTTPFailure) -> HTTPResponse) {
    self.function = function
  }

  package func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    exchange.respond(answer(request))
  }

  /// The answer, an error document where the function throws.
  func answer(_ request: HTTPRequest) -> HTTPResponse {
    do {
      return try function(request)
    } catch {
      return .failure(error, requestID: request.id)
    }
  }
}
