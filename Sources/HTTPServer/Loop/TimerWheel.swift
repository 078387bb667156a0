/// Tokens by the moment they are due: a hashed timing wheel.
///
/// Pure: the time is an argument. Insertion is constant; a token comes out at the first tick at
/// or after its time. There is no removal: whoever takes a token out decides whether it still
/// means anything.
struct TimerWheel {
  private struct Entry {
    let token: UInt64
    let tick: Int64
  }

  /// The length of a tick, in nanoseconds.
  static let tickNanoseconds: Int64 = 10_000_000

  private var slots: [[Entry]]
  private var current: Int64
  private(set) var count = 0

  /// A wheel that starts at a moment.
  init(now: MonotonicTime, slotCount: Int = 1024) {
    slots = Array(repeating: [], count: slotCount)
    current = now.nanoseconds / Self.tickNanoseconds
  }

  /// Adds a token that is due at a moment; at once when the moment has passed.
  mutating func insert(_ token: UInt64, at time: MonotonicTime) {
    let tick = max(Self.tick(of: time), current + 1)
    slots[Int(tick % Int64(slots.count))].append(Entry(token: token, tick: tick))
    count += 1
  }

  /// Removes and returns the tokens that are due.
  mutating func advance(to now: MonotonicTime) -> [UInt64] {
    let target = now.nanoseconds / Self.tickNanoseconds
    guard target > current else { return [] }
    var due: [UInt64] = []
    if count > 0 {
      // A jump beyond one turn of the wheel visits every slot once.
      for tick in max(current + 1, target - Int64(slots.count) + 1)...target {
        let slot = Int(tick % Int64(slots.count))
        guard !slots[slot].isEmpty else { continue }
        let kept = slots[slot].filter { $0.tick > target }
        if kept.count < slots[slot].count {
          due += slots[slot].filter { $0.tick <= target }.map(\.token)
          slots[slot] = kept
        }
      }
      count -= due.count
    }
    current = target
    return due
  }

  /// When the next token is due; nil when there is none.
  var nextTime: MonotonicTime? {
    guard count > 0 else { return nil }
    var best = Int64.max
    for tick in current + 1...current + Int64(slots.count) {
      for entry in slots[Int(tick % Int64(slots.count))] { best = min(best, entry.tick) }
      // Entries of later slots in this turn are due later than this one.
      if best <= tick { break }
    }
    return MonotonicTime(nanoseconds: best * Self.tickNanoseconds)
  }

  /// The tick at or after a moment.
  private static func tick(of time: MonotonicTime) -> Int64 {
    time.nanoseconds / tickNanoseconds + (time.nanoseconds % tickNanoseconds > 0 ? 1 : 0)
  }
}
