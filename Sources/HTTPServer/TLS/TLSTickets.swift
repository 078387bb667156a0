import COpenSSL
import Locking

/// Seals and opens the session tickets of a server, whatever certificate it has at the time.
///
/// Clients thus resume their sessions across a reload of the certificate. Sessions without tickets,
/// of clients of TLS 1.2 that do not know them, end with it.
final class TLSTickets: Sendable {
  private let ring = Lock(TicketKeyRing(now: .now))

  /// Takes charge of a context's tickets; the context's user keeps these alive as long as a session
  /// of the context lives.
  func attach(to context: OpaquePointer) {
    let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe copenssl_set_tickets(context, answerTicket, owner)
  }

  /// As OpenSSL documents for SSL_CTX_set_tlsext_ticket_key_evp_cb.
  fileprivate func prepare(
    _ name: UnsafeMutablePointer<UInt8>, _ vector: UnsafeMutablePointer<UInt8>,
    _ cipher: OpaquePointer, _ mac: OpaquePointer, seals: Bool
  ) -> Int32 {
    let nameByteCount = 16
    // OpenSSL hands over names of this size.
    let names = unsafe UnsafeMutableBufferPointer(start: name, count: nameByteCount)
    let key: TicketKeyRing.Key
    if seals {
      key = ring.withLock { $0.sealingKey(now: .now) }
      for index in 0..<nameByteCount { unsafe names[index] = key.name[index] }
    } else {
      let wanted = unsafe Array(names)
      guard let known = ring.withLock({ $0.openingKey(wanted, now: .now) }) else { return 0 }
      key = known
    }
    var raw = copenssl_ticket_key()
    unsafe withUnsafeMutableBytes(of: &raw) {
      // The structure is these arrays, one behind the other.
      unsafe $0.copyBytes(from: key.name + key.cipherKey + key.macKey)
    }
    return unsafe copenssl_use_ticket_key(&raw, vector, cipher, mac, seals ? 1 : 0) == 1 ? 1 : -1
  }
}

/// What OpenSSL calls: finds the tickets of the session's context.
private func answerTicket(
  _ session: OpaquePointer?, _ name: UnsafeMutablePointer<UInt8>?,
  _ vector: UnsafeMutablePointer<UInt8>?, _ cipher: OpaquePointer?, _ mac: OpaquePointer?,
  _ seals: Int32
) -> Int32 {
  guard let session = unsafe session, let name = unsafe name, let vector = unsafe vector,
    let cipher = unsafe cipher, let mac = unsafe mac,
    let owner = unsafe copenssl_ticket_owner(session)
  else { return -1 }
  // Every transport holds its credentials, and these the tickets that they were attached to.
  let tickets = unsafe Unmanaged<TLSTickets>.fromOpaque(owner).takeUnretainedValue()
  return unsafe tickets.prepare(name, vector, cipher, mac, seals: seals == 1)
}
