import Locking
import Dispatch
import Synchronization

/// What all event loops of a server share.
final class ServerShared: Sendable {
  let configuration: HTTPServerConfiguration
  let router: HTTPRouter
  let accessControl: AccessControl
  let observer: any HTTPServerObserver
  /// Whether responses may leave their connection open.
  let keepsAlive = Atomic(true)

  /// Where content codings are undone: longer work than an event loop may do.
  let decodingQueue = DispatchQueue(label: "pointserve.http.decoding")

  private let connections = Atomic(0)
  private let turnedAway = Atomic(0)
  private let bufferedBytes = Atomic(0)
  private let clients = Lock<[String: Int]>([:])
  private let loops = Lock<(all: [EventLoop], next: Int)>(([], 0))
  private let limiter: Lock<RateLimiter?>
  private let idleWaiters = Lock<[CheckedContinuation<Void, Never>]>([])

  init(
    configuration: HTTPServerConfiguration, router: HTTPRouter, keys: APIKeys?,
    observer: any HTTPServerObserver
  ) {
    self.configuration = configuration
    self.router = router
    accessControl = AccessControl(keys: keys)
    limiter = Lock(
      configuration.requestsPerSecondPerClient.flatMap { rate in
        rate > 0
          ? RateLimiter(requestsPerSecond: rate, burst: configuration.requestBurstPerClient) : nil
      })
    self.observer = observer
  }

  // MARK: Loops

  /// Sets the loops that connections are dealt to.
  func setLoops(_ all: [EventLoop]) {
    loops.withLock { $0.all = all }
  }

  /// The loop for the next connection, in turn; nil once the server has stopped.
  func nextLoop() -> EventLoop? {
    loops.withLock { loops in
      guard !loops.all.isEmpty else { return nil }
      loops.next = (loops.next + 1) % loops.all.count
      return loops.all[loops.next]
    }
  }

  // MARK: Connections

  /// Open connections now.
  var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Counts a connection; the refusal when there are too many.
  func connectionOpened(_ address: SocketAddress) -> HTTPRefusal? {
    let count = connections.add(1, ordering: .relaxed).newValue
    guard count <= configuration.maximumConnectionCount else {
      connections.subtract(1, ordering: .relaxed)
      return .tooManyConnections(limit: configuration.maximumConnectionCount)
    }
    let limit = configuration.maximumConnectionCountPerClient
    let isWithinLimit = clients.withLock { clients in
      let open = clients[address.host, default: 0]
      guard open < limit else { return false }
      clients[address.host] = open + 1
      return true
    }
    guard isWithinLimit else {
      connections.subtract(1, ordering: .relaxed)
      return .tooManyConnectionsOfClient(limit: limit)
    }
    observer.connectionOpened(address)
    return nil
  }

  /// Counts a connection out.
  func connectionClosed(_ address: SocketAddress) {
    clients.withLock { clients in
      let open = clients[address.host, default: 1] - 1
      clients[address.host] = open > 0 ? open : nil
    }
    observer.connectionClosed(address)
    if connections.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { wakeWaiters() }
  }

  /// Connections beyond the limits that are being told so, and that linger until they have read it.
  private static let turnedAwayLimit = 256

  /// Counts a connection that is turned away; false when there are too many of these as well.
  func turnedAwayOpened() -> Bool {
    guard turnedAway.add(1, ordering: .relaxed).newValue <= Self.turnedAwayLimit else {
      turnedAway.subtract(1, ordering: .relaxed)
      return false
    }
    return true
  }

  /// Counts it out.
  func turnedAwayClosed() { turnedAway.subtract(1, ordering: .relaxed) }

  /// Keeps a continuation until no connection is open.
  func whenIdle(_ continuation: CheckedContinuation<Void, Never>) {
    idleWaiters.withLock { $0.append(continuation) }
    if connectionCount == 0 { wakeWaiters() }
  }

  /// Resumes everyone who waits for the connections to end.
  func wakeWaiters() {
    let waiters = idleWaiters.withLock { waiters in
      let all = waiters
      waiters = []
      return all
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Rate

  /// Counts a request of a client; how long it must wait when it has had its share.
  func takeToken(of client: String, now: MonotonicTime) -> Duration? {
    limiter.withLock { $0?.take(client, now: now) }
  }

  // MARK: Memory

  /// Bytes of requests and unsent responses in memory now.
  var bufferedByteCount: Int { bufferedBytes.load(ordering: .relaxed) }

  /// Counts bytes in, or out when negative; false, with nothing counted, when they are too many.
  func reserve(byteCount: Int) -> Bool {
    let total = bufferedBytes.add(byteCount, ordering: .relaxed).newValue
    guard byteCount <= 0 || total <= configuration.maximumBufferedByteCount else {
      bufferedBytes.subtract(byteCount, ordering: .relaxed)
      return false
    }
    return true
  }

  /// Counts bytes that exist already, whatever the limit: the next requests feel them.
  func count(byteCount: Int) { bufferedBytes.add(byteCount, ordering: .relaxed) }
}
