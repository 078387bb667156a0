import Layers

/// The memory that one worker computes in: it grows to the largest pass and is used again until the
/// worker has nothing to do.
@safe package struct Workspace: ~Copyable {
  /// The most memory that an idle worker keeps, bytes.
  package static let idleByteLimit = 32 << 20

  /// The most memory that the largest window of a model may need, bytes.
  package static let byteLimit = 4 << 30

  /// A request may need so much memory with any model, bytes.
  static let assuredByteCount = 256 << 20

  /// What lies where in the pass at hand.
  var layout = PassLayout()
  /// The rows of one of its requests.
  var ownLayout = PassLayout()
  /// The requests of the pass at hand, by their positions.
  var members: [Int] = []
  /// The requests that no pass has answered yet.
  var remaining: [Int] = []
  /// Elements of each output that requests before the one at hand have taken.
  var positions: [Int] = []
  /// The views of one step's inputs.
  var inputViews: [TensorView] = []

  private var base: UnsafeMutableRawPointer
  /// Bytes held at present.
  package private(set) var byteCount: Int

  /// Creates a workspace that holds no more than one cache line.
  package init() {
    byteCount = PassLayout.alignment
    unsafe base = .allocate(byteCount: byteCount, alignment: PassLayout.alignment)
  }

  deinit { unsafe base.deallocate() }

  /// Makes sure of at least this many bytes; what the workspace held is lost when it grows.
  mutating func reserve(byteCount needed: Int) {
    guard needed > byteCount else { return }
    unsafe base.deallocate()
    unsafe base = .allocate(byteCount: needed, alignment: PassLayout.alignment)
    byteCount = needed
  }

  /// Gives back memory beyond what an idle worker keeps; what the workspace held is lost then.
  package mutating func trim() {
    guard byteCount > Self.idleByteLimit else { return }
    unsafe base.deallocate()
    byteCount = PassLayout.alignment
    unsafe base = .allocate(byteCount: byteCount, alignment: PassLayout.alignment)
  }

  /// The memory, aligned to 64 bytes, valid until the workspace grows, is trimmed or ends.
  var memory: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }
}
