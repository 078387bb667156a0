import CSystem

/// A keep-alive connection of one thread, which blocks while it waits for an answer.
struct LoadConnection: ~Copyable {
  private let target: LoadTarget
  private var descriptor: Int32 = -1
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private let timeoutMilliseconds: Int64

  init(to target: LoadTarget, timeoutMilliseconds: Int64) {
    self.target = target
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  deinit { if descriptor >= 0 { csystem_close(descriptor) } }

  /// Sends a message and waits for the end of the answer, connecting first where need be.
  ///
  /// - Returns: the status.
  /// - Throws: `BenchmarkError.noAnswer`, with the connection closed.
  mutating func exchange(_ message: [UInt8]) throws(BenchmarkError) -> Int {
    do {
      return try send(message)
    } catch {
      close()
      throw .noAnswer(from: target.description, reason: "\(error)")
    }
  }

  private mutating func send(_ message: [UInt8]) throws(BenchmarkError) -> Int {
    if descriptor < 0 { try connect() }
    var sent = 0
    while sent < message.count {
      // The pointer is used within the call only.
      let count = unsafe message[sent...].withUnsafeBytes {
        unsafe csystem_send(descriptor, $0.baseAddress, $0.count, nil, 0)
      }
      guard count > 0 else { throw .failed(reason: "the connection ends while sending") }
      sent += count
    }
    var frame = AnswerFrame()
    while !frame.isComplete {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe csystem_receive(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else {
        throw .failed(reason: count == 0 ? "the connection ends" : "no answer in time")
      }
      try frame.take(buffer[..<count])
    }
    if frame.closesConnection { close() }
    return frame.status ?? 0
  }

  private mutating func connect() throws(BenchmarkError) {
    descriptor = unsafe csystem_connect(target.host, target.port)
    guard descriptor >= 0 else { throw .failed(reason: "nobody listens") }
    csystem_set_receive_timeout(descriptor, timeoutMilliseconds)
  }

  private mutating func close() {
    guard descriptor >= 0 else { return }
    csystem_close(descriptor)
    descriptor = -1
  }
}
