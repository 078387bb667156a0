/// The memory that one worker computes in: it grows to the largest pass so far and is used again.
@safe package struct Workspace: ~Copyable {
  /// The most memory that one request may need, bytes.
  package static let byteLimit = 4 << 30

  private var base: UnsafeMutableRawPointer
  /// Bytes held at present.
  package private(set) var byteCount: Int

  /// Creates a workspace that holds no more than one cache line.
  package init() {
    byteCount = ArenaLayout.alignment
    unsafe base = .allocate(byteCount: byteCount, alignment: ArenaLayout.alignment)
  }

  deinit { unsafe base.deallocate() }

  /// Makes sure of at least this many bytes; what the workspace held is lost when it grows.
  mutating func reserve(byteCount needed: Int) {
    guard needed > byteCount else { return }
    unsafe base.deallocate()
    unsafe base = .allocate(byteCount: needed, alignment: ArenaLayout.alignment)
    byteCount = needed
  }

  /// The memory, aligned to 64 bytes, valid until the workspace grows or ends.
  var memory: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }
}
