import Batching

/// Adaptive models of points in point formats 0 to 3, one stream for all fields of a chunk.
struct PointwiseModels: Sendable {
  let layout: LASPointLayout
  let extraByteCount: Int
  /// The plan of the words of all models.
  let plan: ModelLayout
  fileprivate let point: LegacyPointModels
  fileprivate let time: GPSTimeModels?
  fileprivate let color: ColorModels?
  fileprivate let extraBytes: SymbolModels

  init(_ layout: LASPointLayout, extraByteCount: Int) {
    var models = ModelLayout()
    point = LegacyPointModels(&models)
    time =
      layout.format == 1 || layout.format == 3
      ? GPSTimeModels(&models, hasUnchanged: true) : nil
    color = layout.colorOffset == nil ? nil : ColorModels(&models)
    extraBytes = models.symbols(256, contexts: extraByteCount)
    self.layout = layout
    self.extraByteCount = extraByteCount
    plan = models
  }

  fileprivate var recordLength: Int { layout.baseLength + extraByteCount }
}

extension PointwiseModels {
  /// Decodes the points of a chunk behind its first one, which is the first record already.
  ///
  /// Returns the number of the first point that the bytes do not hold, if they do not hold all.
  /// Throws `CloudError.abandoned`.
  func decode(
    _ bytes: Span<UInt8>, _ range: Range<Int>, words: inout MutableSpan<UInt16>,
    into records: inout MutableRawSpan, pointCount: Int,
    on sharing: WorkSharing
  ) throws(CloudError) -> Int? {
    let start = range.lowerBound
    var position = start + LegacyPointDecoder.length
    var points = LegacyPointDecoder(bytes, at: start)
    var times = GPSTimeDecoder(time: 0)
    if time != nil {
      times = GPSTimeDecoder(time: bytes.integer(Int64.self, at: position))
      position += 8
    }
    var lastColor = SIMD4<UInt16>.zero
    if color != nil {
      for channel in 0..<3 {
        lastColor[channel] = bytes.integer(UInt16.self, at: position + 2 * channel)
      }
      position += 6
    }
    var extra = (0..<extraByteCount).map { bytes[position + $0] }
    var decoder = ArithmeticDecoder(bytes, start + recordLength..<range.upperBound)
    guard pointCount == 1 || decoder.isPresent else { return 1 }
    for point in 1..<pointCount {
      try sharing.checkpoint(atStep: point)
      var place = point * recordLength
      points.next(&decoder, self.point, &words, bytes, into: &records, at: place)
      place += LegacyPointDecoder.length
      if let time {
        let next = times.next(&decoder, time, &words, bytes)
        records.storeBytes(of: next.littleEndian, toByteOffset: place, as: Int64.self)
        place += 8
      }
      if let color {
        lastColor = decoder.color(color, last: lastColor, &words, bytes)
        records.store(lastColor, channelCount: 3, at: place)
        place += 6
      }
      for number in extra.indices {
        extra[number] &+= UInt8(decoder.symbol(extraBytes[number], &words, bytes))
        records.storeBytes(of: extra[number], toByteOffset: place + number, as: UInt8.self)
      }
      if decoder.isBroken { return point }
    }
    return nil
  }
}

extension MutableRawSpan {
  /// Stores the first channels of a color, two bytes each.
  mutating func store(_ color: SIMD4<UInt16>, channelCount: Int, at offset: Int) {
    for channel in 0..<channelCount {
      storeBytes(
        of: color[channel].littleEndian, toByteOffset: offset + 2 * channel, as: UInt16.self)
    }
  }
}
