/// An adaptive model of symbols, Said's ("Introduction to Arithmetic Coding", HPL-2004-76).
///
/// Its words: the stamp of the use that it was made for; symbols until the next update; symbols between
/// updates; sum of the counts; for each symbol the cumulated probability of those below it, in 2⁻¹⁵; for each
/// symbol its count; and, for more than 16 symbols, a table that narrows the search for one.
struct SymbolModel: Sendable {
  /// The first word.
  var start: Int
  let symbolCount: Int
  /// How many bits of a cumulated probability the table leaves aside; zero without a table.
  let tableShift: Int

  init(start: Int, symbolCount: Int) {
    precondition((2...1 << 11).contains(symbolCount))
    var tableBits = 3
    while symbolCount > 1 << (tableBits + 2) { tableBits += 1 }
    self.init(
      start: start, symbolCount: symbolCount,
      tableShift: symbolCount > 16 ? Self.probabilityBits - tableBits : 0)
  }

  @inline(__always)
  init(start: Int, symbolCount: Int, tableShift: Int) {
    self.start = start
    self.symbolCount = symbolCount
    self.tableShift = tableShift
  }

  /// Probabilities have so many bits.
  static let probabilityBits = 15

  private static let highestTotal = 1 << probabilityBits
  private static let headLength = 4

  var wordCount: Int {
    Self.headLength + 2 * symbolCount + (tableShift > 0 ? tableSize + 2 : 0)
  }

  @inline(__always) var probabilities: Int { start &+ Self.headLength }
  @inline(__always) var counts: Int { start &+ Self.headLength &+ symbolCount }
  @inline(__always) var table: Int { start &+ Self.headLength &+ 2 &* symbolCount }
  private var tableSize: Int { 1 << (Self.probabilityBits - tableShift) }

  /// Makes all symbols equally likely where the model is used for the first time.
  @inline(__always)
  func prepare(_ words: inout MutableSpan<UInt16>) {
    if words[start] != ModelLayout.stamp(words) { make(&words) }
  }

  @inline(never)
  private func make(_ words: inout MutableSpan<UInt16>) {
    for symbol in 0..<symbolCount { words[counts + symbol] = 1 }
    words[start] = ModelLayout.stamp(words)
    words[start + 2] = UInt16(symbolCount)
    words[start + 3] = 0
    update(&words)
    let cycle = UInt16((symbolCount + 6) / 2)
    words[start + 1] = cycle
    words[start + 2] = cycle
  }

  /// Counts a symbol.
  @inline(__always)
  func count(_ symbol: Int, _ words: inout MutableSpan<UInt16>) {
    words[counts &+ symbol] &+= 1
    words[start &+ 1] &-= 1
    if words[start &+ 1] == 0 { update(&words) }
  }

  /// Makes probabilities of the counts, and the table of those.
  @inline(never)
  private func update(_ words: inout MutableSpan<UInt16>) {
    var total = Int(words[start + 3]) + Int(words[start + 2])
    if total > Self.highestTotal {
      total = 0
      for position in counts..<counts + symbolCount {
        words[position] = (words[position] + 1) / 2
        total += Int(words[position])
      }
    }
    words[start + 3] = UInt16(total)
    // Products stay below 2³¹, for no sum is above the total.
    let scale = (1 << 31) / total
    var sum = 0
    if tableShift == 0 {
      for symbol in 0..<symbolCount {
        words[probabilities &+ symbol] = UInt16(truncatingIfNeeded: (scale &* sum) >> 16)
        sum &+= Int(words[counts &+ symbol])
      }
    } else {
      var entry = 0
      words[table] = 0
      for symbol in 0..<symbolCount {
        let probability = (scale &* sum) >> 16
        words[probabilities &+ symbol] = UInt16(truncatingIfNeeded: probability)
        sum &+= Int(words[counts &+ symbol])
        // The last symbol that may begin at or before an entry.
        while entry < probability >> tableShift {
          entry &+= 1
          words[table &+ entry] = UInt16(truncatingIfNeeded: symbol &- 1)
        }
      }
      for rest in entry + 1..<tableSize + 2 {
        words[table &+ rest] = UInt16(truncatingIfNeeded: symbolCount - 1)
      }
    }
    let cycle = UInt16(min(5 * Int(words[start + 2]) / 4, 8 * (symbolCount + 6)))
    words[start + 1] = cycle
    words[start + 2] = cycle
  }
}

/// An adaptive model of a bit.
///
/// Its words: the stamp of the use that it was made for; bits until the next update; bits between
/// updates; count of zeros; count of bits; probability of a zero, in 2⁻¹³.
struct BitModel: Sendable {
  /// The first word.
  let start: Int

  static let wordCount = 6
  /// The probability has so many bits.
  static let probabilityBits = 13

  private static let highestTotal = 1 << probabilityBits

  @inline(__always) var probability: Int { start + 5 }

  /// Makes both bits equally likely where the model is used for the first time.
  func prepare(_ words: inout MutableSpan<UInt16>) {
    guard words[start] != ModelLayout.stamp(words) else { return }
    words[start] = ModelLayout.stamp(words)
    words[start + 1] = 4
    words[start + 2] = 4
    words[start + 3] = 1
    words[start + 4] = 2
    words[probability] = 1 << (UInt16(Self.probabilityBits) - 1)
  }

  /// Counts a bit.
  func count(_ isOne: Bool, _ words: inout MutableSpan<UInt16>) {
    if !isOne { words[start + 3] &+= 1 }
    words[start + 1] &-= 1
    if words[start + 1] == 0 { update(&words) }
  }

  private func update(_ words: inout MutableSpan<UInt16>) {
    var zeros = Int(words[start + 3])
    var total = Int(words[start + 4]) + Int(words[start + 2])
    if total > Self.highestTotal {
      total = (total + 1) / 2
      zeros = (zeros + 1) / 2
      if zeros == total { total += 1 }
    }
    words[start + 3] = UInt16(zeros)
    words[start + 4] = UInt16(total)
    words[probability] = UInt16(((1 << 31) / total * zeros) >> (31 - Self.probabilityBits))
    let cycle = UInt16(min(5 * Int(words[start + 2]) / 4, 64))
    words[start + 1] = cycle
    words[start + 2] = cycle
  }
}
