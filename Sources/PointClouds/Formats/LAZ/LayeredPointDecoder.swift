/// Adaptive models of the fields that point formats 6 to 10 share, for one scanner channel.
struct LayeredPointModels: Sendable {
  /// What changed, by what the last return was.
  let changes: SymbolModels
  /// How many channels further the next one is, less one.
  let channel: SymbolModel
  /// By the last number of returns.
  let returnCount: SymbolModels
  /// By the last return number, for another pulse and for the same.
  let returnNumber: SymbolModels
  let returnNumberOfSamePulse: SymbolModel
  let x: IntegerModel
  let y: IntegerModel
  let z: IntegerModel
  /// By the last class and whether the pulse has one return.
  let classification: SymbolModels
  /// By the last flags.
  let flags: SymbolModels
  let intensity: IntegerModel
  let scanAngle: IntegerModel
  /// By the last user data.
  let userData: SymbolModels
  let sourceID: IntegerModel
  let time: GPSTimeModels

  init(_ layout: inout ModelLayout) {
    changes = layout.symbols(128, contexts: 8)
    channel = layout.symbols(3)
    returnCount = layout.symbols(16, contexts: 16)
    returnNumber = layout.symbols(16, contexts: 16)
    returnNumberOfSamePulse = layout.symbols(13)
    x = layout.integer(bits: 32, contexts: 2)
    y = layout.integer(bits: 32, contexts: 22)
    z = layout.integer(bits: 32, contexts: 20)
    classification = layout.symbols(256, contexts: 64)
    flags = layout.symbols(64, contexts: 64)
    intensity = layout.integer(bits: 16, contexts: 4)
    scanAngle = layout.integer(bits: 16, contexts: 2)
    userData = layout.symbols(256, contexts: 64)
    sourceID = layout.integer(bits: 16)
    time = GPSTimeModels(&layout, hasUnchanged: false)
  }
}

/// The streams of a chunk, each of some fields; one whose fields never change is not present.
struct PointLayers: Sendable {
  /// The number of streams.
  static let count = 9

  /// What changes, channels, returns, x and y.
  var positions: ArithmeticDecoder
  var z: ArithmeticDecoder
  var classification: ArithmeticDecoder
  var flags: ArithmeticDecoder
  var intensity: ArithmeticDecoder
  var scanAngle: ArithmeticDecoder
  var userData: ArithmeticDecoder
  var sourceID: ArithmeticDecoder
  var time: ArithmeticDecoder

  /// The streams in `count` ranges, in this order.
  init(_ bytes: Span<UInt8>, _ ranges: ArraySlice<Range<Int>>) {
    precondition(ranges.count == Self.count)
    let start = ranges.startIndex
    positions = ArithmeticDecoder(bytes, ranges[start])
    z = ArithmeticDecoder(bytes, ranges[start + 1])
    classification = ArithmeticDecoder(bytes, ranges[start + 2])
    flags = ArithmeticDecoder(bytes, ranges[start + 3])
    intensity = ArithmeticDecoder(bytes, ranges[start + 4])
    scanAngle = ArithmeticDecoder(bytes, ranges[start + 5])
    userData = ArithmeticDecoder(bytes, ranges[start + 6])
    sourceID = ArithmeticDecoder(bytes, ranges[start + 7])
    time = ArithmeticDecoder(bytes, ranges[start + 8])
  }

  /// Whether what any of them gave is worthless.
  var isBroken: Bool {
    positions.isBroken || z.isBroken || classification.isBroken || flags.isBroken
      || intensity.isBroken || scanAngle.isBroken || userData.isBroken || sourceID.isBroken
      || time.isBroken
  }
}

/// Decodes the fields that point formats 6 to 10 share, for one scanner channel (item POINT14, version 3, of LASzip).
struct LayeredPointDecoder: Sendable {
  /// The length of the fields, in bytes.
  static let length = 30

  private var x: Int32
  private var y: Int32
  private var z: Int32
  private var intensity: UInt16
  private var returns: UInt8
  private var flags: UInt8
  private var classification: UInt8
  private var userData: UInt8
  private var scanAngle: UInt16
  private var sourceID: UInt16
  private var time: Int64
  private var isOtherPulse = false
  private var times: GPSTimeDecoder
  /// By what the return is and whether its pulse is another.
  private var intensities: [UInt16]
  /// By the context of the return and whether its pulse is another.
  private var xSteps = [StreamingMedian](repeating: StreamingMedian(), count: 12)
  private var ySteps = [StreamingMedian](repeating: StreamingMedian(), count: 12)
  /// By the level of the return.
  private var heights: [Int32]

  /// Starts with a chunk's first point, which is stored as it is.
  init(_ bytes: Span<UInt8>, at start: Int) {
    x = bytes.integer(Int32.self, at: start)
    y = bytes.integer(Int32.self, at: start + 4)
    z = bytes.integer(Int32.self, at: start + 8)
    intensity = bytes.integer(UInt16.self, at: start + 12)
    returns = bytes[start + 14]
    flags = bytes[start + 15]
    classification = bytes[start + 16]
    userData = bytes[start + 17]
    scanAngle = bytes.integer(UInt16.self, at: start + 18)
    sourceID = bytes.integer(UInt16.self, at: start + 20)
    time = bytes.integer(Int64.self, at: start + 22)
    times = GPSTimeDecoder(time: time)
    intensities = Array(repeating: intensity, count: 8)
    heights = Array(repeating: z, count: 8)
  }

  /// Starts a channel with the last point of another.
  init(after other: LayeredPointDecoder) {
    self = other
    isOtherPulse = false
    times = GPSTimeDecoder(time: time)
    intensities = Array(repeating: intensity, count: 8)
    heights = Array(repeating: z, count: 8)
    xSteps = Array(repeating: StreamingMedian(), count: 12)
    ySteps = Array(repeating: StreamingMedian(), count: 12)
  }

  /// The scanner channel, 0 to 3.
  var channel: Int {
    get { Int(flags >> 4 & 3) }
    set { flags = flags & 0xCF | UInt8(newValue & 3) << 4 }
  }

  /// Which model tells what changes after this point.
  var changesContext: Int {
    let (number, count) = (returns & 15, returns >> 4)
    return (number == 1 ? 1 : 0) + (number >= count ? 2 : 0) + (isOtherPulse ? 4 : 0)
  }

  /// Decodes the next point of the channel, of which something has changed.
  mutating func next(
    _ changes: Int, _ layers: inout PointLayers, _ models: LayeredPointModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) {
    isOtherPulse = changes & 16 != 0
    let other = isOtherPulse ? 1 : 0
    decodeReturns(changes, &layers.positions, models, &words, bytes)
    let (number, count) = (Int(returns & 15), Int(returns >> 4))
    let steps = 2 * ReturnContext.map(number: number, count: count) + other
    // A pulse of one return steps otherwise than the returns of one pulse.
    let single = count == 1 ? 1 : 0
    let xStep = layers.positions.integer(
      models.x, near: xSteps[steps].median, context: single, &words, bytes)
    x &+= xStep.value
    xSteps[steps].add(xStep.value)
    let yStep = layers.positions.integer(
      models.y, near: ySteps[steps].median, context: single + min(xStep.length & ~1, 20), &words,
      bytes)
    y &+= yStep.value
    ySteps[steps].add(yStep.value)
    if layers.z.isPresent {
      let level = ReturnContext.level(number: number, count: count)
      let meanLength = (xStep.length + yStep.length) / 2
      z =
        layers.z.integer(
          models.z, near: heights[level], context: single + min(meanLength & ~1, 18), &words, bytes
        ).value
      heights[level] = z
    }
    decodeAttributes(changes, &layers, models, &words, bytes)
  }

  private mutating func decodeReturns(
    _ changes: Int, _ decoder: inout ArithmeticDecoder, _ models: LayeredPointModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) {
    var (number, count) = (Int(returns & 15), Int(returns >> 4))
    if changes & 4 != 0 { count = decoder.symbol(models.returnCount[count], &words, bytes) }
    switch changes & 3 {
    case 0: break
    case 1: number += 1
    case 2: number += 15
    default:
      if isOtherPulse {
        number = decoder.symbol(models.returnNumber[number], &words, bytes)
      } else {
        number += 2 + decoder.symbol(models.returnNumberOfSamePulse, &words, bytes)
      }
    }
    returns = UInt8(count << 4 | number & 15)
  }

  private mutating func decodeAttributes(
    _ changes: Int, _ layers: inout PointLayers, _ models: LayeredPointModels,
    _ words: inout MutableSpan<UInt16>, _ bytes: Span<UInt8>
  ) {
    let other = isOtherPulse ? 1 : 0
    let (number, count) = (returns & 15, returns >> 4)
    // Whether it is the first of its pulse, and whether the last.
    let kind = (number == 1 ? 2 : 0) + (number >= count ? 1 : 0)
    if layers.classification.isPresent {
      let context = Int(classification & 31) * 2 + (kind == 3 ? 1 : 0)
      classification = UInt8(
        layers.classification.symbol(models.classification[context], &words, bytes))
    }
    if layers.flags.isPresent {
      // The channel stands between the class flags and those of the scan.
      let context = Int(flags >> 2 & 0x30 | flags & 15)
      let next = UInt8(layers.flags.symbol(models.flags[context], &words, bytes))
      flags = (next & 0x30) << 2 | flags & 0x30 | next & 15
    }
    if layers.intensity.isPresent {
      intensity = UInt16(
        truncatingIfNeeded: layers.intensity.integer(
          models.intensity, near: Int32(intensities[2 * kind + other]), context: kind, &words, bytes
        ).value)
      intensities[2 * kind + other] = intensity
    }
    if changes & 8 != 0, layers.scanAngle.isPresent {
      scanAngle = UInt16(
        truncatingIfNeeded: layers.scanAngle.integer(
          models.scanAngle, near: Int32(scanAngle), context: other, &words, bytes
        ).value)
    }
    if layers.userData.isPresent {
      let model = models.userData[Int(userData / 4)]
      userData = UInt8(layers.userData.symbol(model, &words, bytes))
    }
    if changes & 32 != 0, layers.sourceID.isPresent {
      sourceID = UInt16(
        truncatingIfNeeded: layers.sourceID.integer(
          models.sourceID, near: Int32(sourceID), &words, bytes
        ).value)
    }
    if isOtherPulse, layers.time.isPresent {
      time = times.next(&layers.time, models.time, &words, bytes)
    }
  }

  /// Stores the point in a record.
  func store(into records: inout MutableRawSpan, at record: Int) {
    records.storeBytes(of: x.littleEndian, toByteOffset: record, as: Int32.self)
    records.storeBytes(of: y.littleEndian, toByteOffset: record + 4, as: Int32.self)
    records.storeBytes(of: z.littleEndian, toByteOffset: record + 8, as: Int32.self)
    records.storeBytes(of: intensity.littleEndian, toByteOffset: record + 12, as: UInt16.self)
    records.storeBytes(of: returns, toByteOffset: record + 14, as: UInt8.self)
    records.storeBytes(of: flags, toByteOffset: record + 15, as: UInt8.self)
    records.storeBytes(of: classification, toByteOffset: record + 16, as: UInt8.self)
    records.storeBytes(of: userData, toByteOffset: record + 17, as: UInt8.self)
    records.storeBytes(of: scanAngle.littleEndian, toByteOffset: record + 18, as: UInt16.self)
    records.storeBytes(of: sourceID.littleEndian, toByteOffset: record + 20, as: UInt16.self)
    records.storeBytes(of: time.littleEndian, toByteOffset: record + 22, as: Int64.self)
  }
}
