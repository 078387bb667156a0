/// Plans where the adaptive models of a decoder are in one array of words.
///
/// All that decoding changes about a model is words of that array, so models themselves are constants
/// that many chunks share. The first word is a stamp: models that were made under another one are
/// made anew when they are first used, so that a short chunk does not pay for all of them.
struct ModelLayout: Sendable {
  /// The length of the array.
  private(set) var wordCount = 1

  /// The words of models of which none has been used.
  func words() -> [UInt16] {
    var words = [UInt16](repeating: 0, count: wordCount)
    words[0] = 1
    return words
  }

  /// Forgets all that the models have learned.
  static func renew(_ words: inout [UInt16]) {
    words[0] &+= 1
    guard words[0] == 0 else { return }
    words = [UInt16](repeating: 0, count: words.count)
    words[0] = 1
  }

  @inline(__always)
  static func stamp(_ words: borrowing MutableSpan<UInt16>) -> UInt16 { words[0] }

  /// A model of some symbols.
  mutating func symbols(_ count: Int) -> SymbolModel {
    let model = SymbolModel(start: wordCount, symbolCount: count)
    wordCount += model.wordCount
    return model
  }

  /// Equal models for some contexts.
  mutating func symbols(_ count: Int, contexts: Int) -> SymbolModels {
    let first = SymbolModel(start: wordCount, symbolCount: count)
    wordCount += contexts * first.wordCount
    return SymbolModels(first: first, count: contexts)
  }

  /// A model of a bit.
  mutating func bit() -> BitModel {
    defer { wordCount += BitModel.wordCount }
    return BitModel(start: wordCount)
  }

  /// Models of an integer of some bits, 1 to 32.
  mutating func integer(bits: Int, contexts: Int = 1) -> IntegerModel {
    IntegerModel(
      bits: bits, lengths: symbols(bits + 1, contexts: contexts), zeroOrOne: bit(),
      correctors: symbols(1 << IntegerModel.modeledBits, contexts: bits))
  }
}

/// Equal models of symbols, one for each context.
struct SymbolModels: Sendable {
  let first: SymbolModel
  let count: Int

  /// The model of a context below `count`.
  @inline(__always)
  subscript(context: Int) -> SymbolModel {
    var model = first
    model.start += context * first.wordCount
    return model
  }
}
