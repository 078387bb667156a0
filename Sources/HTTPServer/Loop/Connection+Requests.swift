import Dispatch

/// From bytes to a request in its handler's hands.
extension Connection {
  /// Feeds the parser; stops behind a complete request and keeps the rest for later.
  func consume(_ input: borrowing Span<UInt8>) {
    var offset = 0
    do {
      let wasBetweenRequests = parser.position == .betweenRequests
      while phase == .open, !closesAfterOutput,
        let event = try parser.next(input, at: &offset)
      {
        switch event {
        case .head(let head): try receive(head, hasMoreInput: offset < input.count)
        case .body(let body):
          if skipsBody { endSkipping() } else { dispatch(body) }
          keepAhead(input, from: offset)
          return
        }
      }
      if wasBetweenRequests, parser.position == .inHead { waitStart = core.now }
      if parser.position == .inBody {
        bodyRate.add(parser.bodyByteCount - ratedBodyByteCount)
        ratedBodyByteCount = parser.bodyByteCount
        try reserveBody()
      }
    } catch {
      refuse(error)
    }
  }

  private func keepAhead(_ input: borrowing Span<UInt8>, from offset: Int) {
    guard offset < input.count else { return }
    // The rest lies within the input, whose lifetime spans the call.
    readAhead = unsafe input.extracting(offset..<input.count).withUnsafeBufferPointer {
      unsafe Array($0)
    }
  }

  /// Counts the memory of the body being read.
  private func reserveBody() throws(HTTPRefusal) {
    let change = parser.reservedByteCount - parserReservation
    guard change != 0 else { return }
    guard core.shared.reserve(byteCount: change) else { throw .buffersFull }
    parserReservation += change
  }

  /// Decides on a request by its head, before its body comes.
  private func receive(_ head: HTTPRequestHead, hasMoreInput: Bool) throws(HTTPRefusal) {
    requestCount += 1
    bodyStart = core.now
    bodyRate = RateWatch(now: core.now)
    ratedBodyByteCount = 0
    let clientID = head.headers["X-Request-Id"]
    let id = clientID.flatMap { RequestIdentifiers.isAcceptable($0) ? $0 : nil }
    let flight = Flight(
      head: head, id: id ?? core.makeRequestID(), start: core.now,
      token: RequestToken(connection: token, sequence: requestCount))
    flight.verdict = judge(head, flight)
    if flight.verdict == nil, head.framing != .none {
      do {
        flight.codings = try ContentCoding.list(head.headers)
      } catch {
        core.shared.observer.refused(error.failure, remoteAddress)
        flight.verdict = .failure(error.failure, requestID: flight.id)
      }
    }
    pending = flight
    parser.bodyLimit =
      flight.verdict == nil
      ? flight.route?.options.maximumBodyByteCount ?? configuration.maximumBodyByteCount
      : configuration.maximumDiscardedByteCount
    parser.discardsBody = flight.verdict != nil
    let exceedsLimit = head.announcedByteCount > parser.bodyLimit
    guard let verdict = flight.verdict else {
      if exceedsLimit { throw .bodyTooLarge(limit: parser.bodyLimit) }
      if flight.route?.options.requiresBody == true, head.framing == .none {
        throw .lengthRequired
      }
      // Not needed by a client that is sending already (RFC 9110, section 10.1.1).
      if head.expectsContinue, !hasMoreInput { send(ResponseEncoder.continueBytes) }
      return
    }
    // A client that waits for permission may or may not send the body once it has the answer.
    answerEarly(verdict, skipsBody: !exceedsLimit && !head.expectsContinue)
  }

  /// The answer that needs no body: 404, 405, 501, OPTIONS, and what is refused by its head.
  private func judge(_ head: HTTPRequestHead, _ flight: Flight) -> HTTPResponse? {
    func failure(_ failure: HTTPFailure) -> HTTPResponse {
      .failure(failure, requestID: flight.id)
    }
    switch core.shared.router.match(head.method, head.target) {
    case .route(let route, let parameters):
      flight.route = route
      flight.parameters = parameters
      do throws(HTTPFailure) {
        flight.principal = try core.shared.accessControl.admit(head, route.options)
        try checkRate(route.options, flight.principal)
        if let refusal = route.handler.refusal(of: head) { return failure(refusal) }
        return nil
      } catch {
        core.shared.observer.refused(error, remoteAddress)
        return failure(error)
      }
    case .options(let allow):
      var headers: HTTPHeaders = ["Allow": allow]
      headers.add(configuration.crossOrigin.preflightFields(for: head.headers, allow: allow))
      return HTTPResponse(status: .noContent, headers: headers)
    case .notFound:
      return failure(
        HTTPFailure(
          .notFound, code: "not_found", message: "There is nothing at this path.",
          detail: [("path", .string(head.target.rawPath))]))
    case .methodNotAllowed(let allow):
      return failure(
        HTTPFailure(
          .methodNotAllowed, code: "method_not_allowed",
          message: "This path does not take \(head.method).",
          detail: [("allow", .string(allow))], headers: ["Allow": allow]))
    case .notImplemented:
      return failure(
        HTTPFailure(
          .notImplemented, code: "method_not_implemented",
          message: "This server does not know the method \(head.method)."))
    }
  }

  /// Refuses a request of a client that makes too many.
  private func checkRate(
    _ options: HTTPRouteOptions, _ principal: HTTPPrincipal?
  ) throws(HTTPFailure) {
    guard options.isRateLimited else { return }
    let client = principal.map { "key \($0.name)" } ?? remoteAddress.host
    guard let wait = core.shared.takeToken(of: client, now: core.now) else { return }
    let seconds = max(1, (wait.nanoseconds + 999_999_999) / 1_000_000_000)
    throw HTTPFailure(
      .tooManyRequests, code: "rate_limited", message: "This client makes too many requests.",
      detail: [("retry_after_seconds", .integer(Int(seconds)))],
      headers: ["Retry-After": String(seconds)])
  }

  /// Hands a complete request to its handler.
  private func dispatch(_ body: [UInt8]) {
    guard let flight = pending else { preconditionFailure("a body follows its head") }
    pending = nil
    flight.requestByteCount = parser.bodyByteCount
    // From here on the body is counted as long as the request lives.
    let change = body.capacity - parserReservation
    parserReservation = 0
    core.shared.count(byteCount: change)
    flight.reservedByteCount = body.capacity
    flight.response = .waiting
    waitStart = core.now
    self.flight = flight
    if flight.codings.isEmpty, let handler = flight.route?.immediateHandler {
      start(handler.answer(request(flight, body)))
      return
    }
    let exchange = ExchangeCore(
      token: flight.token, requestID: flight.id, loop: loop,
      bufferByteCount: configuration.streamBufferByteCount)
    flight.exchange = exchange
    if flight.codings.isEmpty {
      hand(body, of: flight, to: exchange)
    } else {
      decode(body, of: flight, for: exchange)
    }
  }

  /// Gives a request to its route's handler.
  private func hand(_ body: [UInt8], of flight: Flight, to exchange: ExchangeCore) {
    guard let route = flight.route else { preconditionFailure("no exchange without a route") }
    route.handler.handle(request(flight, body), HTTPExchange(core: exchange))
  }

  /// A request as its handler sees it.
  private func request(_ flight: Flight, _ body: [UInt8]) -> HTTPRequest {
    HTTPRequest(
      method: flight.head.method, target: flight.head.target, headers: flight.head.headers,
      body: body, id: flight.id, remoteAddress: remoteAddress, tls: transport.peer,
      route: flight.route?.template ?? "", parameters: flight.parameters,
      principal: flight.principal)
  }

  /// Undoes the content codings on another thread, which posts the content back.
  private func decode(_ body: [UInt8], of flight: Flight, for exchange: ExchangeCore) {
    let shared = core.shared
    let loop = loop
    let remoteAddress = remoteAddress
    let token = flight.token
    let codings = flight.codings
    let limit = flight.route?.options.maximumBodyByteCount ?? configuration.maximumBodyByteCount
    shared.decodingQueue.async {
      guard exchange.cancellation == nil else {
        exchange.abandon()
        return
      }
      do throws(HTTPRefusal) {
        let content = try ContentDecoder.decode(body, codings, limit: limit) {
          shared.reserve(byteCount: $0)
        }
        if !loop.post(.decoded(token, content)) { shared.count(byteCount: -content.count) }
      } catch {
        shared.observer.refused(error.failure, remoteAddress)
        _ = exchange.respond(.failure(error.failure, requestID: exchange.requestID))
      }
    }
  }

  /// Takes the content of the request being answered; false when that is another one by now.
  func takeDecoded(_ token: RequestToken, _ body: [UInt8]) -> Bool {
    guard phase == .open, let flight, flight.token == token, let exchange = flight.exchange else {
      return false
    }
    core.shared.count(byteCount: -flight.reservedByteCount)
    flight.reservedByteCount = body.count
    hand(body, of: flight, to: exchange)
    return true
  }

  /// Answers before the body has been read.
  ///
  /// - Parameters:
  ///   - response: the answer.
  ///   - skipsBody: reads the body, and drops it, so that the next request can follow; the
  ///     connection ends with the answer otherwise.
  private func answerEarly(_ response: HTTPResponse, skipsBody: Bool) {
    guard let flight = pending else { preconditionFailure("an early answer follows a head") }
    pending = nil
    flight.requestByteCount = parser.bodyByteCount
    flight.response = .waiting
    self.flight = flight
    self.skipsBody = skipsBody
    if !skipsBody { closesAfterOutput = true }
    start(response)
  }

  /// The body that had its answer before it came is read.
  private func endSkipping() {
    skipsBody = false
    flight?.requestByteCount = parser.bodyByteCount
  }

  /// Tells a connection beyond the limits why it ends, after its handshake.
  func turnAway(_ failure: HTTPFailure) {
    sendLast(failure)
    pump()
  }

  /// Queues an answer to no request in particular, after which the connection ends.
  private func sendLast(_ failure: HTTPFailure) {
    closesAfterOutput = true
    send(
      ResponseEncoder.refusalBytes(
        failure, requestID: core.makeRequestID(), date: core.date,
        serverName: configuration.serverName))
  }

  /// Answers a request that breaks the rules or the limits, and ends the connection: where the
  /// next request would start is not known for sure.
  ///
  /// One that has its answer, before its body, gets no other.
  func refuse(_ refusal: HTTPRefusal) {
    guard !skipsBody else {
      closesAfterOutput = true
      return
    }
    let failure = refusal.failure
    core.shared.observer.refused(failure, remoteAddress)
    closesAfterOutput = true
    core.shared.count(byteCount: -parserReservation)
    parserReservation = 0
    if let flight = pending {
      // What was wrong with the head is said rather than that its body is too long to skip.
      let verdict = failure.status == .contentTooLarge ? flight.verdict : nil
      answerEarly(verdict ?? .failure(failure, requestID: flight.id), skipsBody: false)
      return
    }
    sendLast(failure)
  }
}
