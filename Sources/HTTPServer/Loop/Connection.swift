import CSystem

/// One client's connection: reads requests, hands each to its route, writes the answers in order.
///
/// Confined to its event loop. At most one request is being answered at a time; what the client
/// sends ahead waits in the kernel, but for one buffer's worth.
final class Connection {
  /// Where the connection is in its life.
  enum Phase { case handshaking, open, lingering, closed }

  let token: ConnectionToken
  let transport: any Transport
  let remoteAddress: SocketAddress
  /// The loop's state, which holds this connection until it ends.
  let core: LoopCore
  let loop: EventLoop

  var phase: Phase
  var parser: HTTPRequestParser
  /// Bytes behind the request being answered.
  var readAhead: [UInt8] = []
  var output = OutputQueue()
  /// The request whose body is being read.
  var pending: Flight?
  /// The request that is being answered.
  var flight: Flight?
  /// Memory of the body that is being read, counted in the server's total.
  var parserReservation = 0
  /// The request whose body is being read has its answer: the body is dropped.
  var skipsBody = false
  /// Requests whose head has been read.
  var requestCount = 0
  /// Whether the connection is one of those that the limits count.
  let isCounted: Bool
  /// The connection ends as soon as the output is out.
  var closesAfterOutput = false

  // Edge-triggered: true until the kernel says it has nothing, or takes nothing.
  private var isReadable = false
  private var isWritable = true
  /// The client has sent its FIN.
  private var peerHasFinished = false

  /// When the present wait began: handshake, idle time, header, linger.
  var waitStart: MonotonicTime
  var bodyStart: MonotonicTime
  var bodyRate: RateWatch
  /// Bytes of the body that the rate has counted.
  var ratedBodyByteCount = 0
  /// When the client last took bytes of output that waits for it.
  var outputProgress: MonotonicTime
  var outputRate: RateWatch
  /// When the timer wheel will call; later times need no call of their own.
  var scheduledTime = MonotonicTime.distantFuture
  /// Output counted in the server's total.
  private var countedOutputByteCount = 0

  init(
    token: ConnectionToken, transport: any Transport, remoteAddress: SocketAddress,
    core: LoopCore, loop: EventLoop, isCounted: Bool
  ) {
    self.token = token
    self.transport = transport
    self.remoteAddress = remoteAddress
    self.core = core
    self.loop = loop
    self.isCounted = isCounted
    phase = .handshaking
    parser = HTTPRequestParser(limits: core.shared.configuration.parser)
    waitStart = core.now
    bodyStart = core.now
    bodyRate = RateWatch(now: core.now)
    outputProgress = core.now
    outputRate = RateWatch(now: core.now)
  }

  var configuration: HTTPServerConfiguration { core.shared.configuration }

  /// Takes note of what the poller reports, and goes on.
  func notice(events: UInt32) {
    if events & UInt32(CSYSTEM_BROKEN) != 0 {
      close(.clientGone)
      return
    }
    if events & UInt32(CSYSTEM_READABLE) != 0 { isReadable = true }
    if events & UInt32(CSYSTEM_WRITABLE) != 0 { isWritable = true }
    if events & UInt32(CSYSTEM_PEER_CLOSED) != 0 { peerHasFinished = true }
    pump()
  }

  /// Does all that can be done now, then asks to be called when time is up.
  func pump() {
    // So many buffers, or steps of any kind, in a row; then the other connections have a turn.
    var readsLeft = 16
    var stepsLeft = 64
    if phase == .handshaking { shakeHands() }
    while phase == .open {
      guard flush() else { break }
      guard stepsLeft > 0 else {
        core.resumeLater(token)
        break
      }
      stepsLeft -= 1
      if flight != nil {
        guard advanceResponse() else { break }
        continue
      }
      // Nor is the rest of a body awaited that has its answer, where no request can follow it.
      if closesAfterOutput || skipsBody && core.isDraining {
        startLingering()
        break
      }
      guard readsLeft > 0 else {
        core.resumeLater(token)
        break
      }
      readsLeft -= 1
      guard readMore() else { break }
    }
    if phase == .lingering { discardInput(&readsLeft) }
    // A client that is gone needs no answer; one that only finished sending may get one still.
    if phase == .open, peerHasFinished, let exchange = flight?.exchange {
      exchange.cancel(.clientGone, isGone: false)
    }
    updateDeadline()
  }

  private func shakeHands() {
    switch transport.shakeHands() {
    case .bytes:
      phase = .open
      waitStart = core.now
      // The first request may lie in the session's buffer, where no event tells of it.
      if !transport.shortReceiveMeansDrained { isReadable = true }
    case .wouldBlock: break
    case .end, .failed:
      let failure = HTTPFailure(
        .badRequest, code: "tls_handshake_failed", message: "The TLS handshake failed.")
      core.shared.observer.refused(failure, remoteAddress)
      close(.clientGone)
    }
  }

  // MARK: Reading

  /// Feeds the parser with what was read ahead or is waiting; false when there is nothing.
  private func readMore() -> Bool {
    if !readAhead.isEmpty {
      let input = readAhead
      readAhead = []
      consume(input.span)
      return true
    }
    guard isReadable else { return false }
    var buffer = core.takeScratch()
    defer { core.returnScratch(buffer) }
    switch transport.receive(into: &buffer) {
    case .bytes(let count):
      if transport.shortReceiveMeansDrained, count < buffer.count, !peerHasFinished {
        isReadable = false
      }
      consume(buffer.span.extracting(0..<count))
      return true
    case .wouldBlock:
      isReadable = false
      return false
    case .end, .failed:
      // What has begun cannot be completed; what is complete has been answered.
      close(.clientGone)
      return false
    }
  }

  // MARK: Writing

  /// Sends what waits; true when nothing does any more.
  private func flush() -> Bool {
    guard !output.isEmpty else { return true }
    guard isWritable else { return false }
    let (byteCount, failed) = output.send(through: transport)
    guard !failed else {
      close(.clientGone)
      return false
    }
    if byteCount > 0 {
      outputProgress = core.now
      outputRate.add(byteCount)
    }
    isWritable = output.isEmpty
    countOutput()
    acknowledgeOutput()
    return output.isEmpty && phase == .open
  }

  /// Adds bytes to the output.
  func send(_ bytes: [UInt8]) {
    if output.isEmpty {
      outputProgress = core.now
      outputRate = RateWatch(now: core.now)
    }
    output.append(bytes)
  }

  /// Keeps the server's total right about output that waits for the client.
  private func countOutput() {
    guard output.byteCount != countedOutputByteCount else { return }
    core.shared.count(byteCount: output.byteCount - countedOutputByteCount)
    countedOutputByteCount = output.byteCount
  }

  // MARK: The end

  /// Sends FIN and reads on for a while, so that the client reads the response and not a reset
  /// (RFC 9112, section 9.6).
  private func startLingering() {
    transport.finishSending()
    guard !peerHasFinished else {
      close(.clientGone)
      return
    }
    phase = .lingering
    readAhead = []
    waitStart = core.now
  }

  private func discardInput(_ readsLeft: inout Int) {
    var buffer = core.takeScratch()
    defer { core.returnScratch(buffer) }
    while isReadable {
      guard readsLeft > 0 else {
        core.resumeLater(token)
        return
      }
      readsLeft -= 1
      switch transport.receive(into: &buffer) {
      case .bytes: break
      case .wouldBlock: isReadable = false
      case .end, .failed:
        close(.clientGone)
        return
      }
    }
  }

  /// Ends the connection at once.
  ///
  /// - Parameter reason: what a request that is being answered is told.
  func close(_ reason: HTTPCancellation) {
    guard phase != .closed else { return }
    phase = .closed
    readAhead = []
    output = OutputQueue()
    countOutput()
    core.shared.count(byteCount: -parserReservation)
    parserReservation = 0
    if let exchange = flight?.exchange { exchange.cancel(reason, isGone: true) }
    finishFlight(outcome: .cancelled(reason))
    core.remove(self)
  }
}
