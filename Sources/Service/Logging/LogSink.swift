package import Batching
import Locking

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where log lines go: one own thread writes them, so that a reader who does not read never blocks
/// a request.
///
/// Lines that come close together are written together: a line costs the request that it is about
/// neither a system call nor a wake-up of its own.
package final class LogSink: Sendable {
  private struct State {
    /// Whole lines.
    var waiting: [UInt8] = []
    /// Bytes that are being written.
    var writtenByteCount = 0
    /// The writer will look for lines.
    var isAwaited = false
    var droppedCount = 0
  }

  /// The most bytes that wait to be written; further lines are dropped and counted.
  private static let capacity = 4 << 20
  /// How long the writer waits for more lines, in microseconds.
  private static let gatheringMicroseconds: UInt32 = 5000

  private let writer: TaskPool
  private let state = Lock(State())
  private let descriptor: Int32

  /// Starts the writer.
  ///
  /// - Parameter descriptor: Open for as long as the sink lives.
  /// - Throws: `WorkerThreadError` when the thread can't be started.
  package init(descriptor: Int32) throws(WorkerThreadError) {
    self.descriptor = descriptor
    writer = try TaskPool(threadCount: 1, name: "log")
  }

  /// The lines that were dropped because nobody read.
  package var droppedCount: Int { state.withLock { $0.droppedCount } }

  /// Takes one line, without its line feed.
  package func write(_ line: String) {
    write { lines in
      lines += line.utf8
      lines.append(UInt8(ascii: "\n"))
    }
  }

  /// Takes one line.
  ///
  /// - Parameter append: appends the line, with its line feed, to those that wait; called at once,
  ///   while nobody else can write.
  func write(_ append: (inout [UInt8]) -> Void) {
    let mustWake = state.withLock { state in
      let start = state.waiting.count
      append(&state.waiting)
      guard state.waiting.count + state.writtenByteCount <= Self.capacity else {
        state.waiting.removeSubrange(start...)
        state.droppedCount += 1
        return false
      }
      defer { state.isAwaited = true }
      return !state.isAwaited
    }
    guard mustWake else { return }
    do {
      try writer.submit { [self] in
        usleep(Self.gatheringMicroseconds)
        writeWaiting()
      }
    } catch {
      // The writer has ended, and with it the process but for this line.
      writeWaiting()
    }
  }

  /// Writes what waits and ends the thread, unless the reader has stopped reading.
  package func finish() {
    if droppedCount == 0 { writer.finish() }
  }

  /// The most bytes of room that are kept for the lines to come.
  private static let keptCapacity = 1 << 20

  private func writeWaiting() {
    var lines: [UInt8] = []
    while true {
      lines.removeAll(keepingCapacity: lines.capacity <= Self.keptCapacity)
      state.withLock { state in
        swap(&lines, &state.waiting)
        state.writtenByteCount = lines.count
        state.isAwaited = !lines.isEmpty
      }
      guard !lines.isEmpty else { return }
      writeNow(lines)
      // More lines have come by now, and more are about to.
      usleep(Self.gatheringMicroseconds)
    }
  }

  private func writeNow(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        #if canImport(Glibc)
          unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #else
          unsafe Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
