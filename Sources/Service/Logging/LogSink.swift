package import Batching
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where log lines go: one own thread writes them, so that a reader who does not read never blocks
/// a request.
package final class LogSink: Sendable {
  /// The most bytes that wait to be written; further lines are dropped and counted.
  private static let capacity = 4 << 20

  private let writer: TaskPool
  private let waitingBytes = Atomic(0)
  private let dropped = Atomic(0)
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
  package var droppedCount: Int { dropped.load(ordering: .relaxed) }

  /// Takes one line, without its line feed.
  package func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    let waiting = waitingBytes.add(bytes.count, ordering: .relaxed).newValue
    guard waiting <= Self.capacity else {
      waitingBytes.subtract(bytes.count, ordering: .relaxed)
      dropped.add(1, ordering: .relaxed)
      return
    }
    do {
      try writer.submit { [self] in
        writeNow(bytes)
        waitingBytes.subtract(bytes.count, ordering: .relaxed)
      }
    } catch {
      // The writer has ended, and with it the process but for this line.
      writeNow(bytes)
    }
  }

  /// Writes what waits and ends the thread, unless the reader has stopped reading.
  package func finish() {
    if droppedCount == 0 { writer.finish() }
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
