/// Adaptive models of red, green and blue.
struct ColorModels: Sendable {
  /// Which of the six bytes changed, and whether the color is no gray.
  let changes: SymbolModel
  /// For the low and high byte of red, of green and of blue.
  let differences: SymbolModels

  init(_ layout: inout ModelLayout) {
    changes = layout.symbols(128)
    differences = layout.symbols(256, contexts: 6)
  }
}

/// Adaptive models of the near infrared.
struct InfraredModels: Sendable {
  /// Which of the two bytes changed.
  let changes: SymbolModel
  /// For the low and the high byte.
  let differences: SymbolModels

  init(_ layout: inout ModelLayout) {
    changes = layout.symbols(4)
    differences = layout.symbols(256, contexts: 2)
  }
}

extension ArithmeticDecoder {
  /// Decodes red, green and blue by the last ones.
  mutating func color(
    _ models: ColorModels, last: SIMD4<UInt16>, _ words: inout MutableSpan<UInt16>,
    _ bytes: Span<UInt8>
  ) -> SIMD4<UInt16> {
    let changes = symbol(models.changes, &words, bytes)
    var color = SIMD4<UInt16>.zero
    for half in 0..<2 {
      color[0] |=
        byte(models.differences[half], changes >> half & 1, last[0], half, 0, &words, bytes)
    }
    guard changes & 64 != 0 else { return SIMD4(repeating: color[0]) }
    // Green moves as red did, blue as both did on average.
    var greens: SIMD2<UInt16> = .zero
    for half in 0..<2 {
      let redStep = Self.step(from: last[0], to: color[0], half)
      // The order of the bytes in the stream: green low, blue low, green high, blue high.
      greens[half] = byte(
        models.differences[2 + half], changes >> (2 + half) & 1, last[1], half, redStep, &words,
        bytes)
      let greenStep = Self.step(from: last[1], to: greens[half], half)
      color[2] |= byte(
        models.differences[4 + half], changes >> (4 + half) & 1, last[2], half,
        (redStep + greenStep) / 2, &words, bytes)
    }
    color[1] = greens[0] | greens[1]
    return color
  }

  /// Decodes the near infrared by the last one.
  mutating func infrared(
    _ models: InfraredModels, last: UInt16, _ words: inout MutableSpan<UInt16>,
    _ bytes: Span<UInt8>
  ) -> UInt16 {
    let changes = symbol(models.changes, &words, bytes)
    return byte(models.differences[0], changes & 1, last, 0, 0, &words, bytes)
      | byte(models.differences[1], changes >> 1, last, 1, 0, &words, bytes)
  }

  /// The low or high byte of a channel in its place; the last one where it has not changed.
  private mutating func byte(
    _ model: SymbolModel, _ isChanged: Int, _ last: UInt16, _ half: Int, _ step: Int,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> UInt16 {
    let shift = UInt16(8 * half)
    guard isChanged != 0 else { return last & 0xFF << shift }
    let prediction = min(max(Int(last >> shift & 0xFF) + step, 0), 255)
    return UInt16((symbol(model, &words, bytes) + prediction) & 0xFF) << shift
  }

  private static func step(from last: UInt16, to next: UInt16, _ half: Int) -> Int {
    let shift = UInt16(8 * half)
    return Int(next >> shift & 0xFF) - Int(last >> shift & 0xFF)
  }
}
