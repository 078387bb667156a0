/// What a connection may take its time with, and what happens when it takes more.
extension Connection {
  /// What the connection waits for.
  private enum Wait {
    case handshake, firstByte, idle, header, body, handler, output, linger, nothing
  }

  private var wait: Wait {
    switch phase {
    case .handshaking: return .handshake
    case .lingering: return .linger
    case .closed: return .nothing
    case .open: break
    }
    if !output.isEmpty { return .output }
    if let flight {
      if case .waiting = flight.response { return .handler }
      return .nothing
    }
    switch parser.position {
    case .inHead: return .header
    case .inBody: return .body
    case .betweenRequests: return requestCount == 0 ? .firstByte : .idle
    }
  }

  /// When the present wait is over.
  private var deadline: MonotonicTime {
    let limits = configuration
    switch wait {
    case .handshake: return waitStart + limits.handshakeTimeout
    case .firstByte: return waitStart + idleLimit(limits.headerTimeout)
    case .header: return waitStart + limits.headerTimeout
    case .idle: return waitStart + idleLimit(limits.idleTimeout)
    case .linger: return waitStart + limits.lingerTimeout
    case .body:
      let total = bodyStart + limits.bodyTimeout
      return limits.minimumBodyBytesPerSecond > 0
        ? min(total, bodyRate.end(interval: limits.rateInterval)) : total
    case .output:
      let stall = outputProgress + limits.writeStallTimeout
      return limits.minimumResponseBytesPerSecond > 0
        ? min(stall, outputRate.end(interval: limits.rateInterval)) : stall
    case .handler: return limits.requestTimeout.map { waitStart + $0 } ?? .distantFuture
    case .nothing: return .distantFuture
    }
  }

  private func idleLimit(_ limit: Duration) -> Duration {
    core.isDraining ? min(limit, configuration.drainIdleTimeout) : limit
  }

  /// Asks to be called at the deadline, unless a call comes before it anyway.
  func updateDeadline() {
    let deadline = deadline
    guard deadline < scheduledTime else { return }
    scheduledTime = deadline
    core.schedule(token, at: deadline)
  }

  /// The timer wheel's call.
  ///
  /// It may come early, because deadlines only move back.
  func timeIsUp() {
    scheduledTime = .distantFuture
    if deadline <= core.now { endWait() }
    updateDeadline()
  }

  private func endWait() {
    let limits = configuration
    switch wait {
    case .handshake, .firstByte, .idle, .linger: close(.clientTooSlow)
    case .header:
      refuse(.headerTimeout(limit: limits.headerTimeout))
      pump()
    case .body:
      if core.now >= bodyStart + limits.bodyTimeout {
        refuse(.bodyTimeout(limit: limits.bodyTimeout))
        pump()
      } else if bodyRate.isTooSlow(
        now: core.now, interval: limits.rateInterval,
        minimumBytesPerSecond: limits.minimumBodyBytesPerSecond)
      {
        refuse(.bodyTooSlow(bytesPerSecond: limits.minimumBodyBytesPerSecond))
        pump()
      }
    case .output:
      let isStalled = core.now >= outputProgress + limits.writeStallTimeout
      let isTooSlow = outputRate.isTooSlow(
        now: core.now, interval: limits.rateInterval,
        minimumBytesPerSecond: limits.minimumResponseBytesPerSecond)
      if isStalled || isTooSlow {
        // Else the kernel would go on offering what waits, in memory that no limit here counts.
        SystemCall.resetWhenClosed(transport.descriptor)
        close(.clientTooSlow)
      }
    case .handler: expireRequest()
    case .nothing: break
    }
  }
}
