import CSystem

/// A listening socket, and a descriptor held back for the day when there are none left.
struct Listener {
  let descriptor: Int32
  let tls: (any TransportFactory)?
  private var reserve = csystem_reserve_descriptor()

  init(descriptor: Int32, tls: (any TransportFactory)?) {
    self.descriptor = descriptor
    self.tls = tls
  }

  /// What a round of accepting came to.
  enum Outcome { case drained, pause }

  /// Accepts until nothing waits.
  ///
  /// Without a descriptor left, a waiting connection would wake the loop forever and its client
  /// would wait: the reserve is closed to accept and close that one connection, and accepting
  /// pauses.
  mutating func acceptAll(
    _ admit: (Int32, SocketAddress, (any TransportFactory)?) -> Void
  ) -> Outcome {
    while true {
      switch SystemCall.accept(descriptor) {
      case .connection(let accepted, let address): admit(accepted, address, tls)
      case .wouldBlock: return .drained
      case .lost: continue
      case .noDescriptors:
        if reserve >= 0 {
          csystem_close(reserve)
          if case .connection(let refused, _) = SystemCall.accept(descriptor) {
            csystem_close(refused)
          }
        }
        reserve = csystem_reserve_descriptor()
        return .pause
      }
    }
  }

  /// Closes both descriptors.
  mutating func close() {
    csystem_close(descriptor)
    if reserve >= 0 { csystem_close(reserve) }
  }
}
