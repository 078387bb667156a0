import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The state of one event loop.
///
/// Never leaves the loop's queue.
final class LoopCore {
  let poller: Int32
  let shared: ServerShared
  private(set) var now = MonotonicTime.now
  /// Lower bound of the time at which the timer wheel has something; whoever arms the timer
  /// sets it back.
  var nextTime = MonotonicTime.distantFuture
  private(set) var isDraining = false
  private(set) var isFinished = false

  private weak var loop: EventLoop?
  private var table = ConnectionTable()
  private var wheel = TimerWheel(now: .now)
  private var listeners: [Listener] = []
  private var resumable: [ConnectionToken] = []
  /// Handshakes for the sake of a refusal, all clients together.
  private var securedFarewells = RateLimiter(requestsPerSecond: 50, burst: 50)
  private var events: [csystem_event]
  /// Events that are collected and not yet served.
  private var eventCount = 0
  private var scratch: [UInt8]
  private var identifiers = RequestIdentifiers()
  private var dateSecond = 0
  private var dateText = ""

  /// Bytes read at once; also the most that is read ahead of a request being answered.
  static let scratchByteCount = 64 << 10
  private static let eventCapacity = 256

  init(poller: Int32, shared: ServerShared) {
    self.poller = poller
    self.shared = shared
    events = Array(repeating: csystem_event(), count: Self.eventCapacity)
    scratch = Array(repeating: 0, count: Self.scratchByteCount)
  }

  /// Remembers the loop that owns this state; exchanges answer through it.
  func attach(to loop: EventLoop) { self.loop = loop }

  /// Connections that stopped in the middle so that others had a turn.
  var hasResumable: Bool { !resumable.isEmpty }

  /// Collects the waiting events.
  ///
  /// - Parameter milliseconds: how long to wait for the first.
  /// - Returns: false when there were none.
  func waitForEvents(milliseconds: Int32) -> Bool {
    let count = unsafe events.withUnsafeMutableBufferPointer {
      // The buffer holds as many events as its count says.
      unsafe csystem_poller_poll(poller, $0.baseAddress, Int32($0.count), milliseconds)
    }
    eventCount = max(0, Int(count))
    now = .now
    return eventCount > 0
  }

  /// Serves the events that were collected, and the connections that were interrupted.
  func serveEvents() {
    for index in 0..<eventCount {
      let event = events[index]
      let token = ConnectionToken(rawValue: event.token)
      if token.generation == ConnectionToken.listenerGeneration {
        accept(at: Int(token.slot))
      } else {
        table[token]?.notice(events: event.events)
      }
    }
    eventCount = 0
    guard hasResumable else { return }
    let interrupted = resumable
    resumable = []
    for token in interrupted { table[token]?.pump() }
  }

  /// Serves what has become due.
  func serveTimes() {
    for raw in wheel.advance(to: now) {
      let token = ConnectionToken(rawValue: raw)
      if token.generation == ConnectionToken.listenerGeneration {
        accept(at: Int(token.slot))
      } else {
        table[token]?.timeIsUp()
      }
    }
  }

  /// Asks for a connection's `timeIsUp`.
  func schedule(_ token: ConnectionToken, at time: MonotonicTime) {
    wheel.insert(token.rawValue, at: time)
    nextTime = min(nextTime, time)
  }

  /// Looks up when the timer must fire next.
  func findNextTime() {
    if let next = wheel.nextTime { nextTime = min(nextTime, next) }
  }

  /// Lets the connection go on in the next round.
  func resumeLater(_ token: ConnectionToken) { resumable.append(token) }

  /// Serves one message of another thread.
  func serve(_ message: LoopMessage) {
    switch message {
    case .listen(let descriptor, let tls): addListener(descriptor, tls)
    case .adopt(let descriptor, let address, let tls): adopt(descriptor, address, tls)
    case .respond(let token, let response): table[token.connection]?.respond(token, response)
    case .begin(let token, let response, let byteCount):
      table[token.connection]?.begin(token, response, byteCount: byteCount)
    case .write(let token, let bytes): table[token.connection]?.write(token, bytes)
    case .end(let token): table[token.connection]?.end(token)
    case .abort(let token): table[token.connection]?.abort(token)
    case .decoded(let token, let body):
      guard let connection = table[token.connection], connection.takeDecoded(token, body) else {
        shared.count(byteCount: -body.count)
        return
      }
    case .stopListening: closeListeners()
    case .drain:
      closeListeners()
      isDraining = true
      for connection in table.connections { connection.pump() }
    case .stop:
      closeListeners()
      isFinished = true
      for connection in table.connections { connection.close(.serverStopped) }
    }
  }

  // MARK: Connections

  private func adopt(_ descriptor: Int32, _ address: SocketAddress, _ tls: (any TransportFactory)?)
  {
    guard let transport = makeTransport(descriptor, tls) else {
      csystem_close(descriptor)
      shared.connectionClosed(address)
      return
    }
    open(transport, address, isCounted: true)?.pump()
  }

  private func makeTransport(
    _ descriptor: Int32, _ tls: (any TransportFactory)?
  ) -> (any Transport)? {
    guard let tls else { return PlainTransport(descriptor: descriptor) }
    return tls.makeTransport(descriptor: descriptor)
  }

  /// Puts a connection into the table and the poller; nil, with the socket closed, when that
  /// cannot be done.
  private func open(
    _ transport: any Transport, _ address: SocketAddress, isCounted: Bool
  ) -> Connection? {
    guard let loop, !isFinished, let token = table.reserve() else {
      csystem_close(transport.descriptor)
      countOut(address, isCounted: isCounted)
      return nil
    }
    let connection = Connection(
      token: token, transport: transport, remoteAddress: address, core: self, loop: loop,
      isCounted: isCounted)
    table.insert(connection)
    guard csystem_poller_add(poller, transport.descriptor, token.rawValue) == 0 else {
      connection.close(.serverStopped)
      return nil
    }
    return connection
  }

  private func countOut(_ address: SocketAddress, isCounted: Bool) {
    if isCounted { shared.connectionClosed(address) } else { shared.turnedAwayClosed() }
  }

  /// Ends a connection: out of the poller first, then closed, once.
  func remove(_ connection: Connection) {
    csystem_poller_remove(poller, connection.transport.descriptor)
    csystem_close(connection.transport.descriptor)
    table.remove(connection.token)
    countOut(connection.remoteAddress, isCounted: connection.isCounted)
  }

  /// The buffer to read into, which no two uses share: give it back with ``returnScratch(_:)``.
  func takeScratch() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &scratch)
    return taken
  }

  /// Gives the buffer back.
  func returnScratch(_ buffer: consuming [UInt8]) { scratch = buffer }

  /// A fresh request id.
  func makeRequestID() -> String { identifiers.next() }

  /// The value of `Date`.
  var date: String {
    let second = time(nil)
    if second != dateSecond {
      dateSecond = second
      dateText = HTTPDate.text(secondsSince1970: second)
    }
    return dateText
  }

  // MARK: Listeners

  private func addListener(_ descriptor: Int32, _ tls: (any TransportFactory)?) {
    let token = ConnectionToken(
      slot: UInt32(listeners.count), generation: ConnectionToken.listenerGeneration)
    listeners.append(Listener(descriptor: descriptor, tls: tls))
    guard csystem_poller_add(poller, descriptor, token.rawValue) == 0 else {
      closeListeners()
      return
    }
  }

  private func accept(at index: Int) {
    guard index < listeners.count else { return }
    let outcome = listeners[index].acceptAll { descriptor, address, tls in
      admit(descriptor, address, tls)
    }
    guard outcome == .pause else { return }
    let token = ConnectionToken(
      slot: UInt32(index), generation: ConnectionToken.listenerGeneration)
    schedule(token, at: now + shared.configuration.acceptPause)
  }

  private func admit(_ descriptor: Int32, _ address: SocketAddress, _ tls: (any TransportFactory)?)
  {
    if let refusal = shared.connectionOpened(address) {
      shared.observer.refused(refusal.failure, address)
      turnAway(descriptor, address, tls, refusal.failure)
      return
    }
    guard let target = shared.nextLoop(), target.post(.adopt(descriptor, address, tls)) else {
      csystem_close(descriptor)
      shared.connectionClosed(address)
      return
    }
  }

  /// Tells a connection that there are too many, and ends it.
  ///
  /// Only so many are told at once, and so many each second where that takes a handshake: they too
  /// take descriptors and time. The others are closed without a word.
  private func turnAway(
    _ descriptor: Int32, _ address: SocketAddress, _ tls: (any TransportFactory)?,
    _ failure: HTTPFailure
  ) {
    let isTold = tls == nil || securedFarewells.take("", now: now) == nil
    guard isTold, shared.turnedAwayOpened() else {
      csystem_close(descriptor)
      return
    }
    guard let transport = makeTransport(descriptor, tls) else {
      csystem_close(descriptor)
      shared.turnedAwayClosed()
      return
    }
    open(transport, address, isCounted: false)?.turnAway(failure)
  }

  private func closeListeners() {
    for index in listeners.indices {
      // Those the kernel has accepted already are served.
      accept(at: index)
      csystem_poller_remove(poller, listeners[index].descriptor)
      listeners[index].close()
    }
    listeners = []
  }
}
