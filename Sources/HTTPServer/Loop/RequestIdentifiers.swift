/// Makes request ids: 16 hexadecimal digits from a randomly seeded SplitMix64 sequence, which
/// repeats no number within its period.
struct RequestIdentifiers {
  private var state = UInt64.random(in: .min ... .max)

  /// A fresh id.
  mutating func next() -> String {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    // Sixteen bytes of capacity are written in full, and each is ASCII.
    return unsafe String(unsafeUninitializedCapacity: 16) { text in
      for index in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: mixed >> UInt64(60 - 4 * index)) & 15
        unsafe text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
      return 16
    }
  }

  /// What an id of a client may consist of: nothing that could break a log line or a header.
  private static let allowed = ByteSet(alphanumericsAnd: "-_.:/+=@~")

  /// Whether a client's id is taken over.
  static func isAcceptable(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy(allowed.contains)
  }
}
