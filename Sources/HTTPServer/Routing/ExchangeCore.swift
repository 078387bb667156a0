import Locking

/// What an exchange and its connection share: the state of the answer, under a lock.
final class ExchangeCore: Sendable {
  private enum Phase { case open, streaming, answered }

  private struct State {
    var phase = Phase.open
    var cancellation: HTTPCancellation?
    /// The connection takes nothing any more.
    var isGone = false
    var waitingByteCount = 0
    var cancelActions: [@Sendable (HTTPCancellation) -> Void] = []
    var writableActions: [@Sendable () -> Void] = []
    var attachment: (any Sendable)?
  }

  let requestID: String
  private let token: RequestToken
  private let loop: EventLoop
  private let bufferByteCount: Int
  private let state = Lock(State())

  /// The state of a new request's answer.
  ///
  /// - Parameters:
  ///   - token: the request, by which the loop finds it.
  ///   - requestID: its id.
  ///   - loop: the loop of its connection.
  ///   - bufferByteCount: bytes that may wait for the client before the writer must pause.
  init(token: RequestToken, requestID: String, loop: EventLoop, bufferByteCount: Int) {
    self.token = token
    self.requestID = requestID
    self.loop = loop
    self.bufferByteCount = bufferByteCount
  }

  /// Goes from one phase to the next; false when the answer stands elsewhere.
  private func advance(from old: Phase, to new: Phase) -> Bool {
    state.withLock { state in
      guard state.phase == old, !state.isGone else { return false }
      state.phase = new
      return true
    }
  }

  // MARK: The handler's side

  func respond(_ response: HTTPResponse) -> Bool {
    advance(from: .open, to: .answered) && loop.post(.respond(token, response))
  }

  func begin(_ response: HTTPResponse, byteCount: Int?) -> Bool {
    advance(from: .open, to: .streaming)
      && loop.post(.begin(token, response, byteCount: byteCount))
  }

  func write(_ bytes: [UInt8]) -> HTTPExchange.WriteResult {
    let result: HTTPExchange.WriteResult = state.withLock { state in
      guard state.phase == .streaming, !state.isGone else { return .gone }
      state.waitingByteCount += bytes.count
      return state.waitingByteCount > bufferByteCount ? .full : .accepted
    }
    guard result != .gone, loop.post(.write(token, bytes)) else { return .gone }
    return result
  }

  func whenWritable(_ action: @escaping @Sendable () -> Void) {
    let isWritable = state.withLock { state in
      if state.isGone || state.waitingByteCount <= bufferByteCount { return true }
      state.writableActions.append(action)
      return false
    }
    if isWritable { action() }
  }

  func end() {
    if advance(from: .streaming, to: .answered) { loop.post(.end(token)) }
  }

  func abort() {
    let isOpen = state.withLock { state in
      defer { state.phase = .answered }
      return state.phase != .answered && !state.isGone
    }
    if isOpen { loop.post(.abort(token)) }
  }

  /// The handler has let go of the exchange.
  func abandon() {
    let (phase, isCancelled) = state.withLock { ($0.phase, $0.cancellation != nil) }
    switch phase {
    case .answered: return
    // A cancelled request is dropped on purpose; nobody waits for its answer.
    case .open where !isCancelled:
      let failure = HTTPFailure(
        .internalServerError, code: "internal_error", message: "The request was not answered.")
      _ = respond(.failure(failure, requestID: requestID))
    case .open, .streaming: abort()
    }
  }

  func onCancel(_ action: @escaping @Sendable (HTTPCancellation) -> Void) {
    let past = state.withLock { state in
      if state.cancellation == nil, state.phase != .answered { state.cancelActions.append(action) }
      return state.cancellation
    }
    if let past { action(past) }
  }

  var cancellation: HTTPCancellation? { state.withLock { $0.cancellation } }

  func attach(_ value: any Sendable) { state.withLock { $0.attachment = value } }

  // MARK: The connection's side

  var attachment: (any Sendable)? { state.withLock { $0.attachment } }

  /// The client will not read the answer, or must not wait for it: tells the handler, unless it
  /// is done already.
  ///
  /// - Parameters:
  ///   - reason: why.
  ///   - isGone: the connection takes nothing any more.
  func cancel(_ reason: HTTPCancellation, isGone: Bool) {
    let (cancelActions, writableActions) = state.withLock { state in
      if isGone { state.isGone = true }
      let isFirst = state.cancellation == nil && state.phase != .answered
      if isFirst { state.cancellation = reason }
      let cancelActions = isFirst ? state.cancelActions : []
      let writableActions = state.isGone ? state.writableActions : []
      if isFirst { state.cancelActions = [] }
      if state.isGone { state.writableActions = [] }
      return (cancelActions, writableActions)
    }
    for action in cancelActions { action(reason) }
    for action in writableActions { action() }
  }

  /// The response is complete: releases what the handler left here.
  func finish() {
    state.withLock { state in
      state.isGone = true
      state.cancelActions = []
      state.writableActions = []
    }
  }

  /// The client has taken so many bytes of the handler's pieces.
  func acknowledge(byteCount: Int) {
    let actions = state.withLock { state in
      state.waitingByteCount -= byteCount
      guard state.waitingByteCount <= bufferByteCount / 2 else {
        return [] as [@Sendable () -> Void]
      }
      defer { state.writableActions = [] }
      return state.writableActions
    }
    for action in actions { action() }
  }

  /// Answers in the handler's stead, with 504; false when an answer is there already.
  func expire() -> Bool {
    guard advance(from: .open, to: .answered) else { return false }
    let actions = state.withLock { state in
      state.cancellation = .deadline
      defer { state.cancelActions = [] }
      return state.cancelActions
    }
    for action in actions { action(.deadline) }
    return true
  }
}
