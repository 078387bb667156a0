/// A connection's bytes, in the clear or through TLS.
///
/// Confined to its event loop.
protocol Transport: AnyObject {
  var descriptor: Int32 { get }
  /// Whether a receive that fills less than the buffer means that nothing more is here.
  var shortReceiveMeansDrained: Bool { get }
  /// What the handshake agreed on; nil in the clear.
  var peer: TLSPeer? { get }

  /// Goes on with the handshake: `bytes` when it is complete.
  func shakeHands() -> SystemCall.Transfer
  func receive(into buffer: inout [UInt8]) -> SystemCall.Transfer
  /// Sends what it can of two pieces, the second of which may be empty.
  func send(
    _ first: borrowing Span<UInt8>, _ second: borrowing Span<UInt8>
  ) -> SystemCall.Transfer
  /// Tells the peer that no more bytes follow.
  func finishSending()
}

/// Makes the transports of a listener's connections.
protocol TransportFactory: Sendable {
  /// A transport around an accepted socket, which stays the caller's to close; nil when memory
  /// is short.
  func makeTransport(descriptor: Int32) -> (any Transport)?
}

/// A connection in the clear.
final class PlainTransport: Transport {
  let descriptor: Int32
  let shortReceiveMeansDrained = true
  let peer: TLSPeer? = nil

  init(descriptor: Int32) { self.descriptor = descriptor }

  func shakeHands() -> SystemCall.Transfer { .bytes(0) }

  func receive(into buffer: inout [UInt8]) -> SystemCall.Transfer {
    SystemCall.receive(descriptor, into: &buffer)
  }

  func send(
    _ first: borrowing Span<UInt8>, _ second: borrowing Span<UInt8>
  ) -> SystemCall.Transfer {
    SystemCall.send(descriptor, first, second)
  }

  func finishSending() { SystemCall.finishSending(descriptor) }
}
