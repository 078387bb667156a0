import CZlib

/// One decompression, freed with its value.
///
/// Safe to use: the pointer is allocated by `init`, freed by `deinit`, and never leaves.
@safe struct Inflater: ~Copyable {
  /// What a step came to.
  enum Step {
    /// All input is taken, or the output is full.
    case more
    /// The compressed stream has ended.
    case end
  }

  // On the heap, because zlib's state points back at it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let coding: ContentCoding

  /// A decompression of one coding; nil when memory is short.
  init?(_ coding: ContentCoding) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let status = unsafe inflateInit2_(
      stream, coding.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      // A failed initialization leaves nothing for inflateEnd.
      unsafe stream.deallocate()
      return nil
    }
    unsafe self.stream = unsafe stream
    self.coding = coding
  }

  deinit {
    // Initialized by `init`, which is the only way to a value.
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Decompresses until the input is taken or the output is full.
  ///
  /// - Parameters:
  ///   - input: compressed bytes.
  ///   - offset: where to read on; moved behind what is taken.
  ///   - output: is filled from `filled` on.
  ///   - filled: bytes of the output that are in use.
  /// - Returns: whether the stream has ended.
  /// - Throws: ``HTTPRefusal/malformedContent(coding:reason:)``.
  mutating func step(
    _ input: [UInt8], at offset: inout Int, into output: inout [UInt8], filled: inout Int
  ) throws(HTTPRefusal) -> Step {
    let inputCount = UInt32(clamping: input.count - offset)
    let outputCount = UInt32(clamping: output.count - filled)
    // Both pointers stay within their arrays: the counts say how much is left behind the offsets.
    let status = unsafe input.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe stream.pointee.next_in = source.baseAddress.map {
          unsafe UnsafeMutablePointer(mutating: $0 + offset)
        }
        unsafe stream.pointee.avail_in = inputCount
        unsafe stream.pointee.next_out = target.baseAddress.map { unsafe $0 + filled }
        unsafe stream.pointee.avail_out = outputCount
        return unsafe inflate(stream, Z_NO_FLUSH)
      }
    }
    offset += unsafe Int(inputCount - stream.pointee.avail_in)
    filled += unsafe Int(outputCount - stream.pointee.avail_out)
    switch status {
    case Z_OK, Z_BUF_ERROR: return .more
    case Z_STREAM_END: return .end
    default:
      let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      throw .malformedContent(coding: coding.rawValue, reason: reason ?? "zlib error \(status)")
    }
  }

  /// Starts over with another member of the same coding.
  mutating func reset() { unsafe inflateReset(stream) }
}
