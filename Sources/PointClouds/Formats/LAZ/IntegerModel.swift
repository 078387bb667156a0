/// Adaptive models of integers that are close to a prediction.
///
/// First comes the length k of the difference, in a model for each context: 2ᵏ⁻¹ < |d| ≤ 2ᵏ, about.
/// Then the difference among those of its length, its upper eight bits by a model for each k, others
/// plain.
struct IntegerModel: Sendable {
  /// How many bits the integers have; they count modulo two to that.
  let bits: Int
  let lengths: SymbolModels
  let zeroOrOne: BitModel
  /// Of the largest size for all lengths; shorter ones use the beginning.
  let correctors: SymbolModels

  /// How many bits of a difference have a model.
  static let modeledBits = 8
}

/// An integer and the length of its difference from the prediction, 0 to 32.
struct DecodedInteger {
  let value: Int32
  let length: Int
}

extension ArithmeticDecoder {
  /// Decodes an integer by its prediction.
  @inline(__always)
  mutating func integer(
    _ model: IntegerModel, near prediction: Int32, context: Int = 0,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> DecodedInteger {
    let length = symbol(model.lengths[context], &words, bytes)
    let sum = prediction &+ difference(length, model, &words, bytes)
    // What is longer than 32 bits has wrapped around already.
    return DecodedInteger(
      value: model.bits == 32
        ? sum : Int32(truncatingIfNeeded: UInt32(bitPattern: sum) & (1 << UInt32(model.bits) - 1)),
      length: length)
  }

  private mutating func difference(
    _ length: Int, _ model: IntegerModel, _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) -> Int32 {
    guard length > 0 else { return bit(model.zeroOrOne, &words, bytes) ? 1 : 0 }
    guard length < 32 else { return .min }
    let modeledBits = min(length, IntegerModel.modeledBits)
    let corrector = SymbolModel(
      start: model.correctors[length &- 1].start, modeledBits: modeledBits)
    var position = UInt32(truncatingIfNeeded: symbol(corrector, &words, bytes))
    if length > modeledBits {
      let plainBits = length &- modeledBits
      position =
        position << UInt32(truncatingIfNeeded: plainBits) | self.bits(plainBits, bytes)
    }
    // The lower half are the negative differences of this length, the upper half the positive ones.
    let half = 1 << UInt32(truncatingIfNeeded: length &- 1) as UInt32
    let difference = position >= half ? position &+ 1 : position &- (half &* 2 &- 1)
    return Int32(bitPattern: difference)
  }
}

extension SymbolModel {
  /// A model of 2 to 256 symbols, a power of two.
  @inline(__always)
  fileprivate init(start: Int, modeledBits: Int) {
    self.init(
      start: start, symbolCount: 1 << modeledBits,
      tableShift: modeledBits > 4 ? SymbolModel.probabilityBits &+ 2 &- modeledBits : 0)
  }
}
