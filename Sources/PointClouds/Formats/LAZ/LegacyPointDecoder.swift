/// Adaptive models of the fields that point formats 0 to 5 share.
struct LegacyPointModels: Sendable {
  /// Which fields beside the position changed.
  let changes: SymbolModel
  /// By the last byte of returns and flags.
  let returns: SymbolModels
  let intensity: IntegerModel
  /// By the last class.
  let classification: SymbolModels
  /// By the scan direction.
  let scanAngle: SymbolModels
  /// By the last user data.
  let userData: SymbolModels
  let sourceID: IntegerModel
  let x: IntegerModel
  let y: IntegerModel
  let z: IntegerModel

  init(_ layout: inout ModelLayout) {
    changes = layout.symbols(64)
    returns = layout.symbols(256, contexts: 256)
    intensity = layout.integer(bits: 16, contexts: 4)
    classification = layout.symbols(256, contexts: 256)
    scanAngle = layout.symbols(256, contexts: 2)
    userData = layout.symbols(256, contexts: 256)
    sourceID = layout.integer(bits: 16)
    x = layout.integer(bits: 32, contexts: 2)
    y = layout.integer(bits: 32, contexts: 22)
    z = layout.integer(bits: 32, contexts: 20)
  }
}

/// Decodes the fields that point formats 0 to 5 share (item POINT10, version 2, of LASzip).
struct LegacyPointDecoder: Sendable {
  /// The length of the fields, in bytes.
  static let length = 20

  private var x: Int32
  private var y: Int32
  private var z: Int32
  private var returns: UInt8
  private var classification: UInt8
  private var scanAngle: UInt8
  private var userData: UInt8
  private var sourceID: UInt16
  /// By the context of the return.
  private var intensities = [UInt16](repeating: 0, count: 16)
  private var xSteps = [StreamingMedian](repeating: StreamingMedian(), count: 16)
  private var ySteps = [StreamingMedian](repeating: StreamingMedian(), count: 16)
  /// By the level of the return.
  private var heights = [Int32](repeating: 0, count: 8)

  /// Starts with a chunk's first point, which is stored as it is.
  init(_ bytes: Span<UInt8>, at start: Int) {
    x = bytes.integer(Int32.self, at: start)
    y = bytes.integer(Int32.self, at: start + 4)
    z = bytes.integer(Int32.self, at: start + 8)
    returns = bytes[start + 14]
    classification = bytes[start + 15]
    scanAngle = bytes[start + 16]
    userData = bytes[start + 17]
    sourceID = bytes.integer(UInt16.self, at: start + 18)
  }

  /// Decodes the next point into a record.
  mutating func next(
    _ decoder: inout ArithmeticDecoder, _ models: LegacyPointModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>, into records: inout MutableRawSpan,
    at record: Int
  ) {
    let changes = decoder.symbol(models.changes, &words, bytes)
    if changes & 32 != 0 {
      returns = UInt8(decoder.symbol(models.returns[Int(returns)], &words, bytes))
    }
    let (number, count) = (Int(returns & 7), Int(returns >> 3 & 7))
    let map = ReturnContext.legacyMap(number: number, count: count)
    let level = ReturnContext.level(number: number, count: count)
    if changes & 16 != 0 {
      intensities[map] = UInt16(
        truncatingIfNeeded: decoder.integer(
          models.intensity, near: Int32(intensities[map]), context: min(map, 3), &words, bytes
        ).value)
    }
    if changes & 8 != 0 {
      classification = UInt8(
        decoder.symbol(models.classification[Int(classification)], &words, bytes))
    }
    if changes & 4 != 0 {
      let step = decoder.symbol(models.scanAngle[Int(returns >> 6 & 1)], &words, bytes)
      scanAngle &+= UInt8(step)
    }
    if changes & 2 != 0 {
      userData = UInt8(decoder.symbol(models.userData[Int(userData)], &words, bytes))
    }
    if changes & 1 != 0 {
      sourceID = UInt16(
        truncatingIfNeeded: decoder.integer(models.sourceID, near: Int32(sourceID), &words, bytes)
          .value)
    }
    // A pulse of one return steps otherwise than the returns of one pulse.
    let single = count == 1 ? 1 : 0
    let xStep = decoder.integer(
      models.x, near: xSteps[map].median, context: single, &words, bytes)
    x &+= xStep.value
    xSteps[map].add(xStep.value)
    let yStep = decoder.integer(
      models.y, near: ySteps[map].median, context: single + min(xStep.length & ~1, 20), &words,
      bytes)
    y &+= yStep.value
    ySteps[map].add(yStep.value)
    let meanLength = (xStep.length + yStep.length) / 2
    z =
      decoder.integer(
        models.z, near: heights[level], context: single + min(meanLength & ~1, 18), &words, bytes
      ).value
    heights[level] = z

    records.storeBytes(of: x.littleEndian, toByteOffset: record, as: Int32.self)
    records.storeBytes(of: y.littleEndian, toByteOffset: record + 4, as: Int32.self)
    records.storeBytes(of: z.littleEndian, toByteOffset: record + 8, as: Int32.self)
    records.storeBytes(
      of: intensities[map].littleEndian, toByteOffset: record + 12, as: UInt16.self)
    records.storeBytes(of: returns, toByteOffset: record + 14, as: UInt8.self)
    records.storeBytes(of: classification, toByteOffset: record + 15, as: UInt8.self)
    records.storeBytes(of: scanAngle, toByteOffset: record + 16, as: UInt8.self)
    records.storeBytes(of: userData, toByteOffset: record + 17, as: UInt8.self)
    records.storeBytes(of: sourceID.littleEndian, toByteOffset: record + 18, as: UInt16.self)
  }
}

extension Span<UInt8> {
  /// The little-endian integer at an offset.
  @inline(__always)
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at offset: Int
  ) -> Value {
    // The load checks its bounds, and every bit pattern is an integer.
    Value(
      littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}
