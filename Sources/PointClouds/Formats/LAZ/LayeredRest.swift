/// Decodes what follows the fields of point format 6: colors, near infrared and extra bytes (items
/// RGB14, RGBNIR14 and BYTE14, version 3, of LASzip).
struct LayeredRest: Sendable {
  /// Adaptive models for one scanner channel.
  struct Models: Sendable {
    let color: ColorModels?
    let infrared: InfraredModels?
    let extraBytes: SymbolModels

    init(_ models: inout ModelLayout, _ layout: LASPointLayout, extraByteCount: Int) {
      color = layout.colorOffset == nil ? nil : ColorModels(&models)
      infrared = layout.format == 8 ? InfraredModels(&models) : nil
      extraBytes = models.symbols(256, contexts: extraByteCount)
    }

    /// How many streams a chunk has for these.
    var layerCount: Int {
      (color == nil ? 0 : 1) + (infrared == nil ? 0 : 1) + extraBytes.count
    }
  }

  /// In the order of the fields.
  private var layers: [ArithmeticDecoder]
  /// By channel: red, green, blue and near infrared.
  private var colors: [SIMD4<UInt16>]
  /// By channel.
  private var extraBytes: [[UInt8]]
  private var areUsed = [Bool](repeating: false, count: 4)
  /// The channel that the last point was taken for.
  private var channel: Int

  /// Starts with a chunk's first point, whose fields begin at `start`.
  init(
    _ bytes: Span<UInt8>, at start: Int, channel: Int, _ models: Models,
    layers ranges: ArraySlice<Range<Int>>
  ) {
    layers = ranges.map { ArithmeticDecoder(bytes, $0) }
    let channelCount = models.infrared != nil ? 4 : models.color != nil ? 3 : 0
    var color = SIMD4<UInt16>.zero
    for channel in 0..<channelCount {
      color[channel] = bytes.integer(UInt16.self, at: start + 2 * channel)
    }
    colors = Array(repeating: color, count: 4)
    let extraStart = start + 2 * channelCount
    let extra = (0..<models.extraBytes.count).map { bytes[extraStart + $0] }
    extraBytes = Array(repeating: extra, count: 4)
    self.channel = channel
    areUsed[channel] = true
  }

  /// Whether what any of the streams gave is worthless.
  var isBroken: Bool { layers.contains(where: \.isBroken) }

  /// Decodes what follows the next point, into a record from `start` on.
  ///
  /// LASzip takes a point for one of channel 0 unless its channel is another than that of the point
  /// before, which `channel` has to follow. After a change to a channel known already, it predicts by
  /// what was last in the channel before, and keeps the result as that one's.
  mutating func next(
    channel: Int, _ models: Models, _ words: inout MutableSpan<UInt16>,
    _ bytes: Span<UInt8>, into records: inout MutableRawSpan, at start: Int
  ) {
    let source = areUsed[channel] ? self.channel : channel
    if !areUsed[channel] {
      areUsed[channel] = true
      colors[channel] = colors[self.channel]
      extraBytes[channel] = extraBytes[self.channel]
    }
    self.channel = channel
    var (layer, place) = (0, start)
    if let model = models.color {
      if layers[layer].isPresent {
        let infrared = colors[source].w
        colors[source] = layers[layer].color(model, last: colors[source], &words, bytes)
        colors[source].w = infrared
      }
      records.store(colors[source], channelCount: 3, at: place)
      (layer, place) = (layer + 1, place + 6)
    }
    if let model = models.infrared {
      if layers[layer].isPresent {
        colors[source].w = layers[layer].infrared(model, last: colors[source].w, &words, bytes)
      }
      records.storeBytes(of: colors[source].w.littleEndian, toByteOffset: place, as: UInt16.self)
      (layer, place) = (layer + 1, place + 2)
    }
    for number in 0..<models.extraBytes.count {
      if layers[layer + number].isPresent {
        let step = layers[layer + number].symbol(models.extraBytes[number], &words, bytes)
        extraBytes[source][number] &+= UInt8(step)
      }
      records.storeBytes(
        of: extraBytes[source][number], toByteOffset: place + number, as: UInt8.self)
    }
  }
}
