import Batching

/// Decompression by LZF, Lehmann's LibLZF, which PCD uses.
///
/// Each step begins with a byte: below 32 it says how many bytes follow that are copied, less one.
/// Above that its upper three bits are the length of a repetition, less two, a further byte adding
/// to a seven; its lower five and a further byte are how far back that starts, less one.
enum LZF {
  /// Throws `CloudError.malformed` where the bytes are not compressed so, or hold another length, and
  /// `.abandoned`.
  static func decompressed(
    _ bytes: [UInt8], _ source: Range<Int>, length: Int, on sharing: WorkSharing
  ) throws(CloudError) -> [UInt8] {
    var result: [UInt8] = []
    // Three bytes become 264 at most.
    result.reserveCapacity(min(length, 88 * source.count))
    var position = source.lowerBound
    func need(_ count: Int) throws(CloudError) {
      guard source.upperBound - position >= count else {
        throw PCDHeader.malformed(position, "compressed points", "\(count) more bytes", "the end")
      }
    }
    var step = 0
    while position < source.upperBound {
      try sharing.checkpoint(atStep: step)
      step += 1
      let start = position
      let control = Int(bytes[position])
      position += 1
      if control < 32 {
        try need(control + 1)
        result += bytes[position..<position + control + 1]
        position += control + 1
      } else {
        var count = control >> 5 + 2
        if count == 9 {
          try need(1)
          count += Int(bytes[position])
          position += 1
        }
        try need(1)
        let distance = (control & 31) << 8 + Int(bytes[position]) + 1
        position += 1
        guard distance <= result.count else {
          throw PCDHeader.malformed(
            start, "repetition in compressed points", "at most \(result.count) bytes back",
            "\(distance)")
        }
        // It may reach into what it writes.
        for _ in 0..<count { result.append(result[result.count - distance]) }
      }
      guard result.count <= length else {
        throw PCDHeader.malformed(start, "compressed points", "\(length) bytes", "more")
      }
    }
    guard result.count == length else {
      throw PCDHeader.malformed(
        position, "compressed points", "\(length) bytes", "\(result.count)")
    }
    return result
  }
}
