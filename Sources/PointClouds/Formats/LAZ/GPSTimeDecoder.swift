/// Adaptive models of GPS times.
struct GPSTimeModels: Sendable {
  /// How the time follows where the last difference was zero.
  let afterZero: SymbolModel
  /// How the time follows otherwise, foremost by which multiple of the last difference.
  let multiple: SymbolModel
  let difference: IntegerModel
  /// Whether a symbol says that a time is the last one; points of LAS 1.4 tell that elsewhere.
  let hasUnchanged: Bool

  init(_ layout: inout ModelLayout, hasUnchanged: Bool) {
    self.hasUnchanged = hasUnchanged
    afterZero = layout.symbols(hasUnchanged ? 6 : 5)
    multiple = layout.symbols(GPSTimeDecoder.newSequence + (hasUnchanged ? 5 : 4))
    difference = layout.integer(bits: 32, contexts: 9)
  }
}

/// Follows up to four sequences of GPS times, of which each takes about equal steps.
///
/// Times are the bits of float64 seconds as integers, whose differences are small in a sequence.
struct GPSTimeDecoder: Sendable {
  fileprivate static let highestMultiple = 500
  fileprivate static let lowestMultiple = -10
  /// The symbol behind those of the multiples: 0 to 500, then -1 to -10.
  fileprivate static let newSequence = highestMultiple - lowestMultiple + 1

  private var times: SIMD4<Int64> = .zero
  private var differences: SIMD4<Int32> = .zero
  /// How often in a row the multiple was outside of what has a symbol.
  private var extremeCounts: SIMD4<UInt8> = .zero
  private var current = 0
  private var newest = 0

  /// Starts with the time of a chunk's first point.
  init(time: Int64) { times[0] = time }

  /// Decodes the next time.
  mutating func next(
    _ decoder: inout ArithmeticDecoder, _ models: GPSTimeModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> Int64 {
    // An encoder switches only to a sequence that goes on, so it never switches twice.
    if !step(&decoder, models, &words, bytes), !step(&decoder, models, &words, bytes) {
      decoder.setBroken()
    }
    return times[current]
  }

  /// Decodes what follows; false where that is in another sequence, to which it switches.
  private mutating func step(
    _ decoder: inout ArithmeticDecoder, _ models: GPSTimeModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> Bool {
    let unchangedCount = models.hasUnchanged ? 1 : 0
    if differences[current] == 0 {
      let symbol = decoder.symbol(models.afterZero, &words, bytes) - unchangedCount
      switch symbol {
      case -1: break
      case 0:
        let difference = decoder.integer(models.difference, near: 0, &words, bytes).value
        differences[current] = difference
        extremeCounts[current] = 0
        times[current] &+= Int64(difference)
      case 1: startSequence(&decoder, models, &words, bytes)
      default:
        current = (current + symbol - 1) & 3
        return false
      }
      return true
    }
    let symbol = decoder.symbol(models.multiple, &words, bytes)
    guard symbol < Self.newSequence else {
      switch symbol - Self.newSequence - unchangedCount {
      case -1: break
      case 0: startSequence(&decoder, models, &words, bytes)
      case let distance:
        current = (current + distance) & 3
        return false
      }
      return true
    }
    let multiple = symbol <= Self.highestMultiple ? symbol : Self.highestMultiple - symbol
    let context: Int
    var isExtreme = false
    switch multiple {
    case 0: (context, isExtreme) = (7, true)
    case 1: context = 1
    case 2..<10: context = 2
    case 10..<Self.highestMultiple: context = 3
    case Self.highestMultiple: (context, isExtreme) = (4, true)
    case Self.lowestMultiple: (context, isExtreme) = (6, true)
    default: context = 5
    }
    let difference = decoder.integer(
      models.difference, near: Int32(multiple) &* differences[current], context: context, &words,
      bytes
    ).value
    times[current] &+= Int64(difference)
    if multiple == 1 {
      extremeCounts[current] = 0
    } else if isExtreme {
      extremeCounts[current] += 1
      if extremeCounts[current] > 3 {
        extremeCounts[current] = 0
        differences[current] = difference
      }
    }
    return true
  }

  private mutating func startSequence(
    _ decoder: inout ArithmeticDecoder, _ models: GPSTimeModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) {
    let upper = decoder.integer(
      models.difference, near: Int32(truncatingIfNeeded: times[current] >> 32), context: 8, &words,
      bytes
    ).value
    newest = (newest + 1) & 3
    current = newest
    times[current] = Int64(upper) << 32 | Int64(decoder.bits(32, bytes))
    differences[current] = 0
    extremeCounts[current] = 0
  }
}
