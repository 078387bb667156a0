/// Names one connection of one event loop, also after its slot has gone to another one.
struct ConnectionToken: Sendable, Hashable {
  let slot: UInt32
  let generation: UInt32

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// The 64 bits that travel through the poller and the timer wheel.
  init(rawValue: UInt64) {
    slot = UInt32(truncatingIfNeeded: rawValue)
    generation = UInt32(truncatingIfNeeded: rawValue >> 32)
  }

  var rawValue: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

  /// Generation of the tokens that name listeners; no connection has it.
  static let listenerGeneration = UInt32.max
  /// Names the loop's bell: a generation no slot has reached.
  static let bell = ConnectionToken(slot: .max, generation: listenerGeneration)
}

/// Names one request of a connection.
struct RequestToken: Sendable, Hashable {
  let connection: ConnectionToken
  /// Requests before it on the same connection.
  let sequence: Int
}
