/// The open connections of one event loop by slot and generation.
struct ConnectionTable {
  private struct Slot {
    var generation: UInt32 = 0
    var connection: Connection?
  }

  private var slots: [Slot] = []
  private var free: [UInt32] = []
  private(set) var count = 0

  /// A token for a new connection; nil when every slot number is taken.
  mutating func reserve() -> ConnectionToken? {
    if free.isEmpty {
      guard let slot = UInt32(exactly: slots.count) else { return nil }
      slots.append(Slot())
      free.append(slot)
    }
    let slot = free.removeLast()
    return ConnectionToken(slot: slot, generation: slots[Int(slot)].generation)
  }

  /// Puts a connection where its token says.
  mutating func insert(_ connection: Connection) {
    slots[Int(connection.token.slot)].connection = connection
    count += 1
  }

  /// The connection of a token; nil when it is gone.
  subscript(token: ConnectionToken) -> Connection? {
    guard Int(token.slot) < slots.count else { return nil }
    let slot = slots[Int(token.slot)]
    return slot.generation == token.generation ? slot.connection : nil
  }

  /// Frees the slot of a token; the token names nothing from now on.
  mutating func remove(_ token: ConnectionToken) {
    guard self[token] != nil else { return }
    let next = token.generation + 1
    slots[Int(token.slot)] = Slot(
      generation: next == ConnectionToken.listenerGeneration ? 0 : next, connection: nil)
    free.append(token.slot)
    count -= 1
  }

  /// All connections.
  var connections: [Connection] { slots.compactMap(\.connection) }
}
