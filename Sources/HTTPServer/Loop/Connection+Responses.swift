import Synchronization

/// From an answer to bytes on the wire.
extension Connection {
  /// Content up to this size goes out in one piece with its head.
  private static let joinedByteCount = 16 << 10

  // MARK: What the handler sends

  func respond(_ token: RequestToken, _ response: HTTPResponse) {
    guard isWaiting(for: token) else { return }
    start(response)
    pump()
  }

  func begin(_ token: RequestToken, _ response: HTTPResponse, byteCount: Int?) {
    guard isWaiting(for: token), case .bytes(let first) = response.body else { return }
    startHead(response, byteCount: byteCount)
    flight?.response = .pushing
    sendContent(first)
    pump()
  }

  func write(_ token: RequestToken, _ bytes: [UInt8]) {
    guard let flight, flight.token == token, case .pushing = flight.response else { return }
    if flight.sendsContent {
      flight.unacknowledgedByteCount += bytes.count
      sendContent(bytes)
    } else {
      flight.exchange?.acknowledge(byteCount: bytes.count)
    }
    pump()
  }

  func end(_ token: RequestToken) {
    guard flight?.token == token, case .pushing = flight?.response else { return }
    endContent()
    pump()
  }

  func abort(_ token: RequestToken) {
    guard flight?.token == token else { return }
    close(flight?.exchange?.cancellation ?? .aborted)
  }

  private func isWaiting(for token: RequestToken) -> Bool {
    guard phase == .open, flight?.token == token, case .waiting = flight?.response else {
      return false
    }
    return true
  }

  // MARK: Writing a response

  /// Puts a response into the output, or starts to.
  func start(_ response: HTTPResponse) {
    switch response.body {
    case .bytes(let content):
      var head = makeHead(response, byteCount: content.count)
      let sendsContent = flight?.sendsContent == true
      if sendsContent, content.count <= Self.joinedByteCount {
        head.append(contentsOf: content)
        send(head)
      } else {
        send(head)
        if sendsContent { send(content) }
      }
      flight?.contentByteCount = sendsContent ? content.count : 0
      flight?.response = .complete
    case .stream(let stream):
      startHead(response, byteCount: stream.byteCount)
      let sendsContent = flight?.sendsContent == true
      flight?.response = sendsContent ? .pulling(stream) : .complete
    }
  }

  private func startHead(_ response: HTTPResponse, byteCount: Int?) {
    send(makeHead(response, byteCount: byteCount))
  }

  /// The head of a response; sets how its content is framed.
  private func makeHead(_ response: HTTPResponse, byteCount: Int?) -> [UInt8] {
    guard let flight else { preconditionFailure("a response follows a request") }
    let minorVersion = flight.head.minorVersion
    var framing = ResponseEncoder.Framing.chunked
    if response.status.forbidsBody {
      framing = .none
    } else if let byteCount {
      framing = .length(byteCount)
    } else if minorVersion == 0 {
      framing = .close
    }
    let keepsAlive =
      flight.head.keepsAlive && !closesAfterOutput && !response.closesConnection
      && framing != .close && !core.isDraining
      && requestCount < configuration.maximumRequestCountPerConnection
      && core.shared.keepsAlive.load(ordering: .relaxed)
    if !keepsAlive { closesAfterOutput = true }
    flight.framing = framing
    flight.status = response.status
    flight.sendsContent = flight.head.method != .head && framing != .none
    var headers = response.headers
    headers.add(configuration.crossOrigin.fields(for: flight.head.headers))
    let encoder = ResponseEncoder(
      requestID: flight.id, date: core.date, serverName: configuration.serverName,
      minorVersion: minorVersion, keepsAlive: keepsAlive)
    return encoder.head(
      response.status, headers, framing,
      extraCapacity: min(byteCount ?? 0, Self.joinedByteCount))
  }

  /// Frames a piece of content.
  ///
  /// A response that outgrows its announced length ends the connection: its framing is broken.
  private func sendContent(_ content: [UInt8]) {
    guard let flight, flight.sendsContent, !content.isEmpty else { return }
    flight.contentByteCount += content.count
    switch flight.framing {
    case .length(let total):
      guard flight.contentByteCount <= total else {
        close(.aborted)
        return
      }
      send(content)
    case .chunked:
      send(ResponseEncoder.chunkStart(byteCount: content.count))
      send(content)
      send(ResponseEncoder.chunkEnd)
    case .close: send(content)
    case .none: break
    }
  }

  private func endContent() {
    guard let flight else { return }
    if flight.sendsContent {
      switch flight.framing {
      case .length(let total):
        guard flight.contentByteCount == total else {
          close(.aborted)
          return
        }
      case .chunked: send(ResponseEncoder.lastChunk)
      case .close, .none: break
      }
    }
    flight.response = .complete
  }

  /// Goes on with a response whose output is out; false when it waits for its handler.
  func advanceResponse() -> Bool {
    switch flight?.response {
    case .complete:
      finishFlight(outcome: .complete)
      return true
    case .pulling(let stream):
      if let piece = stream.next() {
        sendContent(piece)
      } else {
        endContent()
      }
      return phase == .open
    case .receiving, .waiting, .pushing, nil: return false
    }
  }

  /// Tells a pushing handler how much the client has taken.
  func acknowledgeOutput() {
    guard let flight, let exchange = flight.exchange, flight.unacknowledgedByteCount > 0 else {
      return
    }
    let taken = flight.unacknowledgedByteCount - output.byteCount
    guard taken > 0 else { return }
    flight.unacknowledgedByteCount -= taken
    exchange.acknowledge(byteCount: taken)
  }

  /// Lets go of the request, if there is one, and reports it.
  func finishFlight(outcome: HTTPRequestRecord.Outcome) {
    guard let flight = flight ?? pending else { return }
    if skipsBody { flight.requestByteCount = parser.bodyByteCount }
    self.flight = nil
    pending = nil
    waitStart = core.now
    core.shared.count(byteCount: -flight.reservedByteCount)
    flight.exchange?.finish()
    core.shared.observer.requestFinished(
      HTTPRequestRecord(
        id: flight.id, method: flight.head.method, target: flight.head.target,
        headers: flight.head.headers, remoteAddress: remoteAddress,
        route: flight.route?.template, status: flight.status,
        requestByteCount: flight.requestByteCount, responseByteCount: flight.contentByteCount,
        duration: core.now - flight.start, outcome: outcome,
        attachment: flight.exchange?.attachment))
  }

  /// The answer to a request whose time is over.
  func expireRequest() {
    guard let exchange = flight?.exchange, exchange.expire(), let flight else { return }
    let failure = HTTPFailure(
      .gatewayTimeout, code: "request_timeout",
      message: "The request was not answered in time.")
    start(.failure(failure, requestID: flight.id))
    pump()
  }
}
