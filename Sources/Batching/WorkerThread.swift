#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A thread could not be started.
package struct WorkerThreadError: Error, Equatable, Sendable, CustomStringConvertible {
  package let name: String
  /// The error number of `pthread_create`.
  package let code: Int32

  package var description: String { "cannot start the thread \(name): error \(code)" }
}

/// A named thread of ours that runs one function to its end.
///
/// It takes no signals, so that they reach the thread that waits for them.
///
/// Sendable although unchecked: `handle` is constant, and a thread's handle may be used by any
/// thread; on some platforms it is a pointer, which alone keeps the compiler from seeing so.
@safe
final class WorkerThread: @unchecked Sendable {
  /// The main thread's usual stack; some platforms give other threads far less.
  private static let stackByteCount = 8 << 20
  /// Linux keeps 15 bytes of a thread's name.
  private static let nameByteCount = 15

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private let handle: pthread_t

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: What debuggers and `ps` show; its first 15 bytes on Linux.
  ///   - body: What the thread does.
  /// - Throws: ``WorkerThreadError`` when the system has no thread to give.
  init(name: String, body: @escaping @Sendable () -> Void) throws(WorkerThreadError) {
    // Balanced by `takeRetainedValue` in the new thread, or below where there is none.
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    let (code, created) = unsafe Self.create(start.toOpaque())
    guard code == 0, let created else {
      unsafe start.release()
      throw WorkerThreadError(name: name, code: code)
    }
    handle = created
  }

  /// Blocks until the thread has ended; called exactly once, and not by the thread itself.
  func join() {
    let code = pthread_join(handle, nil)
    precondition(code == 0, "a thread is joined once, by another, error \(code)")
  }

  /// Starts a thread that runs `main` with `argument`; the code is 0 when there is a thread.
  private static func create(_ argument: UnsafeMutableRawPointer) -> (code: Int32, pthread_t?) {
    var attributes = pthread_attr_t()
    let code = unsafe pthread_attr_init(&attributes)
    guard code == 0 else { return (code, nil) }
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, stackByteCount)
    #if canImport(Darwin)
      var created: pthread_t?
    #else
      var created = pthread_t()
    #endif
    let creation = unsafe pthread_create(&created, &attributes, runThread, argument)
    return (creation, creation == 0 ? created : nil)
  }

  /// What a new thread does first and last.
  fileprivate static func main(_ argument: UnsafeMutableRawPointer) {
    // The pointer is the one that `init` retained for this thread alone.
    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    blockSignals()
    setName(String(decoding: start.name.utf8.prefix(nameByteCount), as: UTF8.self))
    start.body()
  }

  private static func blockSignals() {
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    // These come from the thread's own faults and must not be held back.
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] {
      unsafe sigdelset(&signals, fault)
    }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Sets what tools show; a system that does not let us only shows less.
  private static func setName(_ name: String) {
    #if canImport(Darwin)
      pthread_setname_np(name)
    #else
      let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { return }
      defer { close(file) }
      let bytes = Array(name.utf8)
      // The pointer is used within the call only.
      _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    #endif
  }
}

#if canImport(Darwin)
  private func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe WorkerThread.main(argument)
    return nil
  }
#else
  private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument = unsafe argument { unsafe WorkerThread.main(argument) }
    return nil
  }
#endif
