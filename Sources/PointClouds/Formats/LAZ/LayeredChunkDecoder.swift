import Batching

/// Adaptive models of points in point formats 6 to 8, for each of four scanner channels.
struct LayeredModels: Sendable {
  let layout: LASPointLayout
  let extraByteCount: Int
  /// The plan of the words of all models.
  let plan: ModelLayout
  fileprivate let points: [LayeredPointModels]
  fileprivate let rests: [LayeredRest.Models]

  private static let channelCount = 4

  init(_ layout: LASPointLayout, extraByteCount: Int) {
    var models = ModelLayout()
    var points: [LayeredPointModels] = []
    var rests: [LayeredRest.Models] = []
    for _ in 0..<Self.channelCount {
      points.append(LayeredPointModels(&models))
      rests.append(LayeredRest.Models(&models, layout, extraByteCount: extraByteCount))
    }
    self.layout = layout
    self.extraByteCount = extraByteCount
    self.points = points
    self.rests = rests
    plan = models
  }

  fileprivate var recordLength: Int { layout.baseLength + extraByteCount }

  /// How many streams a chunk has.
  fileprivate var layerCount: Int { PointLayers.count + rests[0].layerCount }
}

extension LayeredModels {
  /// Where the streams of a chunk are, behind its first point, their lengths, and the number of its
  /// points.
  ///
  /// Throws `CloudError.malformed` where these contradict what the file says of the chunk.
  func layers(
    _ bytes: [UInt8], _ chunk: LAZChunk, number: Int
  ) throws(CloudError) -> [Range<Int>] {
    let head = chunk.bytes.lowerBound + recordLength
    let length = 4 + 4 * layerCount
    guard chunk.bytes.upperBound - head >= length else {
      throw LAZChunk.malformed(
        head, number, "\(length) bytes behind its first point", "\(chunk.bytes.upperBound - head)")
    }
    let pointCount = Int(bytes.integer(UInt32.self, at: head))
    guard pointCount == chunk.pointCount else {
      throw LAZChunk.malformed(head, number, "\(chunk.pointCount) points", "\(pointCount)")
    }
    var position = head + length
    var layers: [Range<Int>] = []
    for layer in 0..<layerCount {
      let place = head + 4 + 4 * layer
      let length = Int(bytes.integer(UInt32.self, at: place))
      guard length <= chunk.bytes.upperBound - position else {
        throw LAZChunk.malformed(
          place, number, "a layer of at most \(chunk.bytes.upperBound - position) bytes",
          "\(length)")
      }
      layers.append(position..<position + length)
      position += length
    }
    return layers
  }

  /// Decodes the points of a chunk behind its first one, which is the first record already.
  ///
  /// Returns the number of the first point that the bytes do not hold, if they do not hold all.
  /// Throws `CloudError.abandoned`.
  func decode(
    _ bytes: Span<UInt8>, start: Int, layers ranges: [Range<Int>],
    words: inout MutableSpan<UInt16>, into records: inout MutableRawSpan, pointCount: Int,
    on sharing: WorkSharing
  ) throws(CloudError) -> Int? {
    guard pointCount > 1 else { return nil }
    var layers = PointLayers(bytes, ranges[..<PointLayers.count])
    guard layers.positions.isPresent else { return 1 }
    let first = LayeredPointDecoder(bytes, at: start)
    var channel = first.channel
    var channels = [LayeredPointDecoder](repeating: first, count: Self.channelCount)
    var areUsed = [Bool](repeating: false, count: Self.channelCount)
    areUsed[channel] = true
    var rest = LayeredRest(
      bytes, at: start + LayeredPointDecoder.length, channel: channel, rests[channel],
      layers: ranges[PointLayers.count...])
    let hasRest = rests[channel].layerCount > 0
    for point in 1..<pointCount {
      try sharing.checkpoint(atStep: point)
      let changes = layers.positions.symbol(
        points[channel].changes[channels[channel].changesContext], &words, bytes)
      var changedChannel = 0
      if changes & 64 != 0 {
        let step = layers.positions.symbol(points[channel].channel, &words, bytes)
        let next = (channel + step + 1) & 3
        if !areUsed[next] {
          areUsed[next] = true
          channels[next] = LayeredPointDecoder(after: channels[channel])
        }
        channel = next
        changedChannel = next
        channels[channel].channel = channel
      }
      channels[channel].next(changes, &layers, points[channel], &words, bytes)
      let record = point * recordLength
      channels[channel].store(into: &records, at: record)
      if hasRest {
        rest.next(
          channel: changedChannel, rests[changedChannel], &words, bytes, into: &records,
          at: record + LayeredPointDecoder.length)
        if rest.isBroken { return point }
      }
      if layers.isBroken { return point }
    }
    return nil
  }
}
