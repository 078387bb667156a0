import Batching

/// Decompresses chunks of points.
struct LAZChunkDecoder: Sendable {
  private enum Models: Sendable {
    case pointwise(PointwiseModels)
    case layered(LayeredModels)
  }

  private let models: Models
  private let plan: ModelLayout
  private let recordLength: Int

  init(
    _ arrangement: LASzipRecord.Arrangement, _ layout: LASPointLayout, extraByteCount: Int
  ) {
    switch arrangement {
    case .pointwise:
      let models = PointwiseModels(layout, extraByteCount: extraByteCount)
      plan = models.plan
      self.models = .pointwise(models)
    case .layered:
      let models = LayeredModels(layout, extraByteCount: extraByteCount)
      plan = models.plan
      self.models = .layered(models)
    }
    recordLength = layout.baseLength + extraByteCount
  }

  /// The records of some chunks of a file, `[points, record length]`.
  ///
  /// Fails with `CloudError.malformed` and `.abandoned`.
  func records(
    _ bytes: [UInt8], _ chunks: [LAZChunk], numbers: Range<Int>, on sharing: WorkSharing
  ) -> Result<[UInt8], CloudError> {
    var words = plan.words()
    var records: [UInt8] = []
    do throws(CloudError) {
      for number in numbers {
        if number > numbers.lowerBound { ModelLayout.renew(&words) }
        let part = try self.records(
          bytes, chunks[number], number: number, words: &words, on: sharing)
        if numbers.count == 1 { return .success(part) }
        records += part
      }
      return .success(records)
    } catch {
      return .failure(error)
    }
  }

  private func records(
    _ bytes: [UInt8], _ chunk: LAZChunk, number: Int, words: inout [UInt16],
    on sharing: WorkSharing
  ) throws(CloudError) -> [UInt8] {
    var records = [UInt8](repeating: 0, count: chunk.pointCount * recordLength)
    let start = chunk.bytes.lowerBound
    records.replaceSubrange(..<recordLength, with: bytes[start..<start + recordLength])
    var wordSpan = words.mutableSpan
    var recordSpan = records.mutableSpan
    // Every pattern of bits is a byte.
    var recordBytes = unsafe recordSpan.mutableBytes
    let missing: Int?
    switch models {
    case .pointwise(let models):
      missing = try models.decode(
        bytes.span, chunk.bytes, words: &wordSpan, into: &recordBytes,
        pointCount: chunk.pointCount, on: sharing)
    case .layered(let models):
      let layers = try models.layers(bytes, chunk, number: number)
      missing = try models.decode(
        bytes.span, start: start, layers: layers, words: &wordSpan, into: &recordBytes,
        pointCount: chunk.pointCount, on: sharing)
    }
    if let missing {
      throw LAZChunk.malformed(
        start, number, "\(chunk.pointCount) points", "no more than \(missing) that are whole")
    }
    return records
  }
}
