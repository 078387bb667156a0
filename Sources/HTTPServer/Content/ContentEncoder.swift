import CZlib

extension ContentCoding {
  /// The bytes in this coding; nil when memory is short.
  ///
  /// - Parameters:
  ///   - content: what to compress.
  ///   - level: from 1 (fast) to 9 (small).
  /// - Returns: the compressed bytes.
  package func encode(_ content: [UInt8], level: Int32 = 1) -> [UInt8]? {
    // On the heap, because zlib's state points back at it; freed on every way out.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    let status = unsafe deflateInit2_(
      stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { return nil }
    defer { unsafe deflateEnd(stream) }
    let bound = unsafe Int(deflateBound(stream, UInt(content.count)))
    guard let available = UInt32(exactly: content.count), let capacity = UInt32(exactly: bound)
    else { return nil }
    var isComplete = false
    let output = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      // Both counts are those of the buffers, which outlive the call.
      unsafe content.withUnsafeBufferPointer { source in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        unsafe stream.pointee.avail_in = available
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = capacity
        isComplete = unsafe CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END
      }
      count = unsafe isComplete ? bound - Int(stream.pointee.avail_out) : 0
    }
    return isComplete ? output : nil
  }
}

extension HTTPResponse {
  /// Content below this many bytes is not worth compressing.
  private static let compressibleByteCount = 1024

  /// Compresses the body if the client prefers that and it gets smaller.
  ///
  /// Takes time in proportion to the body, so call it on a worker, not on an event loop.
  package mutating func compress(for request: HTTPRequest) { compress(for: request.headers) }

  /// Compresses the body if the client that sent these headers prefers that and it gets smaller.
  package mutating func compress(for requestHeaders: HTTPHeaders) {
    headers.add("Vary", "Accept-Encoding")
    guard case .bytes(let content) = body, content.count >= Self.compressibleByteCount,
      !headers.contains("Content-Encoding"),
      let coding = AcceptEncoding(requestHeaders).preferred,
      let compressed = coding.encode(content), compressed.count < content.count
    else { return }
    body = .bytes(compressed)
    headers["Content-Encoding"] = coding.rawValue
  }
}
