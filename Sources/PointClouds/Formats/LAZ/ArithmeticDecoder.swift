/// Decodes numbers from a range of bytes.
///
/// The method is Said's ("Introduction to Arithmetic Coding", HPL-2004-76).
/// Whatever the bytes are, `value` is below `length`, and `length` is 2²⁴ at least, between calls. So
/// no symbol found is outside its model: a quotient of both is at most 2¹⁵ + 64, which the tables
/// cover.
struct ArithmeticDecoder: Sendable {
  private var value: UInt32 = 0
  private var length: UInt32 = .max
  private var position: Int
  private let end: Int
  /// Whether there are any bytes.
  let isPresent: Bool
  /// Whether what was decoded is worthless: the bytes were at an end, or are impossible.
  private(set) var isBroken = false

  private static let shortestLength: UInt32 = 1 << 24

  /// Starts at the beginning of a range, which the caller has checked against `bytes`.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
    isPresent = !range.isEmpty
    guard isPresent else { return }
    for _ in 0..<4 { value = value << 8 | nextByte(bytes) }
    if value == length {
      value = 0
      isBroken = true
    }
  }

  /// Makes worthless what was decoded, for no encoder would have written it.
  mutating func setBroken() { isBroken = true }

  /// Decodes a symbol.
  @inline(__always)
  mutating func symbol(
    _ model: SymbolModel, _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> Int {
    model.prepare(&words)
    let whole = length
    length >>= UInt32(SymbolModel.probabilityBits)
    let probability = value / length
    let probabilities = model.probabilities
    var symbol: Int
    var above: Int
    if model.tableShift > 0 {
      let entry = model.table &+ Int(probability >> UInt32(truncatingIfNeeded: model.tableShift))
      symbol = Int(words[entry])
      above = Int(words[entry &+ 1]) &+ 1
    } else {
      symbol = 0
      above = model.symbolCount
    }
    while above > symbol &+ 1 {
      let middle = (symbol &+ above) >> 1
      if UInt32(words[probabilities &+ middle]) > probability {
        above = middle
      } else {
        symbol = middle
      }
    }
    let low = UInt32(words[probabilities &+ symbol]) &* length
    let high =
      symbol &+ 1 < model.symbolCount
      ? UInt32(words[probabilities &+ symbol &+ 1]) &* length : whole
    value &-= low
    length = high &- low
    if length < Self.shortestLength { refill(bytes) }
    model.count(symbol, &words)
    return symbol
  }

  /// Decodes a bit.
  mutating func bit(
    _ model: BitModel, _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> Bool {
    model.prepare(&words)
    let zeros =
      UInt32(words[model.probability]) &* (length >> UInt32(BitModel.probabilityBits))
    let isOne = value >= zeros
    if isOne {
      value &-= zeros
      length &-= zeros
    } else {
      length = zeros
    }
    if length < Self.shortestLength { refill(bytes) }
    model.count(isOne, &words)
    return isOne
  }

  /// Decodes bits that no model describes, 1 to 32.
  @inline(__always)
  mutating func bits(_ count: Int, _ bytes: Span<UInt8>) -> UInt32 {
    guard count > 19 else { return fewBits(count, bytes) }
    let low = fewBits(16, bytes)
    return fewBits(count &- 16, bytes) << 16 | low
  }

  private mutating func fewBits(_ count: Int, _ bytes: Span<UInt8>) -> UInt32 {
    length >>= UInt32(truncatingIfNeeded: count)
    let bits = value / length
    value &-= bits &* length
    if length < Self.shortestLength { refill(bytes) }
    return bits & (1 << UInt32(truncatingIfNeeded: count) &- 1)
  }

  @inline(__always)
  private mutating func refill(_ bytes: Span<UInt8>) {
    repeat {
      value = value << 8 | nextByte(bytes)
      length <<= 8
    } while length < Self.shortestLength
  }

  @inline(__always)
  private mutating func nextByte(_ bytes: Span<UInt8>) -> UInt32 {
    guard position < end else {
      isBroken = true
      return 0
    }
    defer { position &+= 1 }
    return UInt32(bytes[position])
  }
}
