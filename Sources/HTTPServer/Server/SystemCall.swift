import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The one place where C results and `errno` become Swift values.
enum SystemCall {
  /// What reading or writing a descriptor came to.
  enum Transfer: Equatable {
    case bytes(Int)
    /// Nothing now; an event will tell.
    case wouldBlock
    /// The peer has finished sending.
    case end
    /// The connection is gone.
    case failed(code: Int32)
  }

  /// Receives into a buffer.
  static func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Transfer {
    let count = unsafe buffer.withUnsafeMutableBytes {
      // The pointer and the count are those of the array, which outlives the call.
      unsafe csystem_receive(descriptor, $0.baseAddress, $0.count)
    }
    return count == 0 ? .end : transfer(count)
  }

  /// Sends up to two pieces in one call.
  static func send(
    _ descriptor: Int32, _ first: borrowing Span<UInt8>, _ second: borrowing Span<UInt8>
  ) -> Transfer {
    // Both pointers live as long as the spans they come from, that is, beyond the call.
    let count = unsafe first.withUnsafeBufferPointer { first in
      unsafe second.withUnsafeBufferPointer { second in
        unsafe csystem_send(
          descriptor, first.baseAddress, first.count, second.baseAddress, second.count)
      }
    }
    return transfer(count)
  }

  /// Sends FIN.
  ///
  /// A connection that is gone already needs none.
  static func finishSending(_ descriptor: Int32) { csystem_finish_sending(descriptor) }

  /// Makes closing drop what waits to be sent, and tell the peer so by a reset.
  static func resetWhenClosed(_ descriptor: Int32) { csystem_reset_when_closed(descriptor) }

  private static func transfer(_ count: Int) -> Transfer {
    guard count < 0 else { return .bytes(count) }
    let code = errno
    return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code: code)
  }

  /// What accepting came to.
  enum Acceptance {
    case connection(Int32, SocketAddress)
    case wouldBlock
    /// The process or the system has no descriptor left.
    case noDescriptors
    /// This one connection was lost; the next may do.
    case lost
  }

  /// Accepts one waiting connection.
  static func accept(_ listener: Int32) -> Acceptance {
    var peer = csystem_address()
    let descriptor = unsafe csystem_accept(listener, &peer)
    if descriptor >= 0 { return .connection(descriptor, address(peer)) }
    switch errno {
    case EAGAIN, EWOULDBLOCK: return .wouldBlock
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .noDescriptors
    default: return .lost
    }
  }

  /// Binds and listens.
  static func listen(
    host: String, port: Int, backlog: Int32
  ) throws(HTTPServerError) -> (descriptor: Int32, address: SocketAddress) {
    guard let number = UInt16(exactly: port) else { throw .invalidPort(found: port) }
    let descriptor = unsafe csystem_listen(host, number, backlog)
    guard descriptor >= 0 else { throw failure("listening on \(host):\(port)") }
    var local = csystem_address()
    guard unsafe csystem_local_address(descriptor, &local) == 0 else {
      let error = failure("reading the address of \(host):\(port)")
      csystem_close(descriptor)
      throw error
    }
    return (descriptor, address(local))
  }

  /// The last failure of a system call.
  static func failure(_ operation: String) -> HTTPServerError {
    let code = errno
    return .system(operation: operation, code: code, reason: unsafe String(cString: strerror(code)))
  }

  private static func address(_ raw: csystem_address) -> SocketAddress {
    var host = raw.host
    // The C side ends the text with NUL inside the array.
    let text = unsafe withUnsafeBytes(of: &host) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return SocketAddress(host: text, port: Int(raw.port))
  }
}
