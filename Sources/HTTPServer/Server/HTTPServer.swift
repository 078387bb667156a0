import Locking
import Synchronization
import CSystem
import Dispatch

/// An HTTP/1.1 server (RFC 9110, RFC 9112) on sockets and event loops of its own.
///
///     var router = HTTPRouter()
///     router.add(.get, "/health/live") { _ in .json(Array("{\"live\":true}".utf8)) }
///     let server = HTTPServer(configuration: HTTPServerConfiguration(), router: router)
///     let address = try server.listen(host: "127.0.0.1", port: 0)
///     await server.drain(within: .seconds(30))
package final class HTTPServer: Sendable {
  private struct State {
    var loops: [EventLoop] = []
    var isStopped = false
  }

  private let shared: ServerShared
  private let state = Lock(State())

  /// A server that does not listen yet.
  ///
  /// - Parameters:
  ///   - configuration: its limits.
  ///   - router: its routes.
  ///   - keys: the API keys that routes with a scope ask for; nil where none are needed.
  ///   - observer: is told about connections and finished requests.
  package init(
    configuration: HTTPServerConfiguration, router: HTTPRouter, keys: APIKeys? = nil,
    observer: any HTTPServerObserver = SilentObserver()
  ) {
    shared = ServerShared(
      configuration: configuration, router: router, keys: keys, observer: observer)
  }

  /// Starts listening.
  ///
  /// May be called for several addresses.
  ///
  /// Also makes the process ignore SIGPIPE: a client that leaves must not end it.
  ///
  /// - Parameters:
  ///   - host: a numeric address or a host name.
  ///   - port: 0 takes a free one.
  ///   - tls: the certificate; nil for connections in the clear.
  /// - Returns: the address in use.
  /// - Throws: ``HTTPServerError`` when the address cannot be used or the server has stopped.
  package func listen(
    host: String, port: Int, tls: TLSContext? = nil
  ) throws(HTTPServerError) -> SocketAddress {
    csystem_ignore_sigpipe()
    let loops = try startedLoops()
    let (descriptor, address) = try SystemCall.listen(
      host: host, port: port, backlog: shared.configuration.backlog)
    guard loops[0].post(.listen(descriptor, tls)) else {
      csystem_close(descriptor)
      throw .stopped
    }
    return address
  }

  private func startedLoops() throws(HTTPServerError) -> [EventLoop] {
    try state.withLock { state throws(HTTPServerError) in
      guard !state.isStopped else { throw .stopped }
      if state.loops.isEmpty {
        var loops: [EventLoop] = []
        for index in 0..<max(1, shared.configuration.eventLoopCount) {
          loops.append(try EventLoop(index: index, shared: shared))
        }
        shared.setLoops(loops)
        for loop in loops { loop.start() }
        state.loops = loops
      }
      return state.loops
    }
  }

  /// Open connections now.
  package var connectionCount: Int { shared.connectionCount }

  /// Bytes of requests and unsent responses in memory now.
  package var bufferedByteCount: Int { shared.bufferedByteCount }

  /// From now on every response ends its connection, so that clients have moved elsewhere when
  /// the drain begins.
  package func stopKeepingAlive() { shared.keepsAlive.store(false, ordering: .relaxed) }

  /// Stops listening and ends each connection once its request is answered; returns at once.
  package func startDraining() {
    stopKeepingAlive()
    let loops = state.withLock { $0.loops }
    // The loop that accepts deals out what waits before the others look for their end.
    loops.first?.post(.stopListening)
    for loop in loops { loop.post(.drain) }
  }

  /// Stops listening, answers every request that has begun, and stops.
  ///
  /// - Parameter deadline: how long the requests have.
  /// - Returns: connections that were cut off at the deadline.
  @discardableResult
  package func drain(within deadline: Duration) async -> Int {
    startDraining()
    let shared = self.shared
    let timer = DispatchSource.makeTimerSource(
      queue: DispatchQueue(label: "pointserve.http.drain"))
    timer.setEventHandler { shared.wakeWaiters() }
    timer.schedule(deadline: .now() + .nanoseconds(Int(max(0, deadline.nanoseconds))))
    timer.activate()
    await withCheckedContinuation { shared.whenIdle($0) }
    timer.cancel()
    let left = connectionCount
    stop()
    return left
  }

  /// Closes every listener and every connection at once.
  package func stop() {
    let loops = state.withLock { state in
      state.isStopped = true
      let loops = state.loops
      state.loops = []
      return loops
    }
    // The loops and what they share hold each other.
    shared.setLoops([])
    for loop in loops { loop.post(.stop) }
  }
}
