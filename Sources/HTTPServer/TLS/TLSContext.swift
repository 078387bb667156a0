import Locking

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The TLS side of a listener: its certificate, which can be replaced while it serves.
///
/// A new certificate holds for new connections; those that are open keep theirs. Sessions can be
/// resumed across a reload, unless the authorities of client certificates have changed.
package final class TLSContext: TransportFactory {
  /// What tells one state of a file from another.
  private struct Fingerprint: Equatable {
    let inode: UInt64
    let byteCount: Int64
    let seconds: Int
    let nanoseconds: Int
  }

  private struct State {
    var credentials: TLSCredentials
    var fingerprints: [Fingerprint?]
    var failureCount = 0
  }

  private let files: TLSFiles
  private let state: Lock<State>
  private let tickets = TLSTickets()

  /// Loads the files.
  ///
  /// - Throws: ``TLSError``, naming the file.
  package init(_ files: TLSFiles) throws(TLSError) {
    self.files = files
    let fingerprints = Self.fingerprints(of: files)
    state = Lock(
      State(
        credentials: try TLSCredentials(files, tickets: tickets), fingerprints: fingerprints))
  }

  /// The end of the certificate's validity, in seconds since 1970.
  package var notAfter: Int64 { state.withLock { $0.credentials.notAfter } }

  /// Reloads that failed.
  package var reloadFailureCount: Int { state.withLock { $0.failureCount } }

  /// Loads the files again.
  ///
  /// - Throws: ``TLSError``; the certificate in use stays, and the failure is counted.
  package func reload() throws(TLSError) {
    // Taken first: a change while loading shows as another change later.
    let fingerprints = Self.fingerprints(of: files)
    do {
      let credentials = try TLSCredentials(files, tickets: tickets)
      state.withLock { state in
        state.credentials = credentials
        state.fingerprints = fingerprints
      }
    } catch {
      state.withLock { state in
        state.failureCount += 1
        state.fingerprints = fingerprints
      }
      throw error
    }
  }

  /// Loads the files again if one of them has changed since they were loaded, or failed to.
  ///
  /// - Returns: whether they had changed.
  /// - Throws: ``TLSError``; the certificate in use stays, and the failure is counted.
  package func reloadIfChanged() throws(TLSError) -> Bool {
    let fingerprints = Self.fingerprints(of: files)
    guard state.withLock({ $0.fingerprints != fingerprints }) else { return false }
    try reload()
    return true
  }

  func makeTransport(descriptor: Int32) -> (any Transport)? {
    state.withLock { $0.credentials }.makeTransport(descriptor: descriptor)
  }

  private static func fingerprints(of files: TLSFiles) -> [Fingerprint?] {
    [files.certificateChain, files.privateKey, files.clientAuthorities].map { path in
      guard let path else { return nil }
      var status = stat()
      // `status` outlives the call.
      guard unsafe stat(path, &status) == 0 else { return nil }
      #if canImport(Glibc)
        let changed = status.st_mtim
      #else
        let changed = status.st_mtimespec
      #endif
      return Fingerprint(
        inode: UInt64(status.st_ino), byteCount: Int64(status.st_size),
        seconds: changed.tv_sec, nanoseconds: changed.tv_nsec)
    }
  }
}
