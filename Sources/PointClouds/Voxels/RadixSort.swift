import Batching

/// Sorts keys of known width by counting, which costs the same for every input.
enum RadixSort {
  private static let digitBits = 11

  /// The positions of `keys` in ascending order; equal keys keep their order.
  ///
  /// Every key is less than 2 to the power of `bitCount`; there are at most 2³¹ − 1 keys. Throws
  /// `WorkAbandoned`.
  static func order(
    of keys: [UInt64], bitCount: Int, on threads: WorkSharing
  ) throws(WorkAbandoned) -> [Int32] {
    precondition(keys.count <= Int(Int32.max))
    var entries = keys.enumerated().map { (key: $1, position: Int32($0)) }
    var sorted = entries
    for shift in stride(from: 0, to: bitCount, by: digitBits) {
      let mask = UInt64(1) << UInt64(digitBits) - 1
      var next = [Int](repeating: 0, count: 1 << digitBits)
      try threads.inTurn(entries.count) { rows in
        for row in rows { next[Int(entries[row].key >> UInt64(shift) & mask)] += 1 }
      }
      var start = 0
      for digit in next.indices {
        (next[digit], start) = (start, start + next[digit])
      }
      try threads.inTurn(entries.count) { rows in
        for row in rows {
          let digit = Int(entries[row].key >> UInt64(shift) & mask)
          sorted[next[digit]] = entries[row]
          next[digit] += 1
        }
      }
      swap(&entries, &sorted)
    }
    return entries.map(\.position)
  }
}
