#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory in pages of megabytes, which the system gives where it is asked to and has them: filling a
/// large buffer for the first time then stops for each of them, rather than for every four kilobytes.
package enum HugePages {
  /// Buffers from twice the usual size of such a page hold a whole one, wherever they begin.
  private static let leastByteCount = 4 << 20
  private static let pageByteCount = 4096

  /// Asks for huge pages beneath a buffer that is about to be filled from end to end.
  package static func advise(_ buffer: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      guard buffer.count >= leastByteCount, let base = unsafe buffer.baseAddress else { return }
      let offset = -Int(bitPattern: base) & (pageByteCount - 1)
      let length = (buffer.count - offset) & ~(pageByteCount - 1)
      // Whole pages inside the buffer. Advice changes no content, and a refusal changes nothing.
      _ = unsafe madvise(base + offset, length, MADV_HUGEPAGE)
    #endif
  }
}
