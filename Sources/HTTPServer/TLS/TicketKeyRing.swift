/// The keys that seal session tickets, by age.
///
/// Pure: the time is an argument. One key seals for as long as a ticket lives, and opens for as long
/// again, so that no ticket is refused before its time and none can be opened for ever.
struct TicketKeyRing: Sendable {
  /// A key of random bytes.
  struct Key: Sendable, Equatable {
    /// 16 bytes, sent with the tickets.
    let name: [UInt8]
    /// 32 bytes.
    let cipherKey: [UInt8]
    /// 32 bytes.
    let macKey: [UInt8]

    init() {
      // The system's generator is made for keys.
      func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: .min ... .max) } }
      name = random(16)
      cipherKey = random(32)
      macKey = random(32)
    }
  }

  /// OpenSSL's own for servers.
  static let ticketLifetime = Duration.seconds(7200)

  private var current = Key()
  private var previous: Key?
  private var currentStart: MonotonicTime

  init(now: MonotonicTime) { currentStart = now }

  /// The key that seals.
  mutating func sealingKey(now: MonotonicTime) -> Key {
    turn(now: now)
    return current
  }

  /// The key of a ticket, by its name; nil when it is unknown or too old.
  mutating func openingKey(_ name: [UInt8], now: MonotonicTime) -> Key? {
    turn(now: now)
    return current.name == name ? current : previous?.name == name ? previous : nil
  }

  private mutating func turn(now: MonotonicTime) {
    let age = now - currentStart
    guard age >= Self.ticketLifetime else { return }
    previous = age < Self.ticketLifetime * 2 ? current : nil
    current = Key()
    currentStart = now
  }
}
