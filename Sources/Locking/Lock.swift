#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A value that one thread at a time reads and changes.
///
/// A POSIX mutex rather than `Synchronization.Mutex`: on Linux that one hands itself over inside the
/// kernel, where the thread sanitizer does not see it, so that every contended use is reported as a
/// race and real ones drown.
///
/// Sendable although unchecked: `value` is touched in `init`, before `self` is shared, and between
/// locking and unlocking; the pointer is constant, and what it points to is freed in `deinit`, when
/// no other reference and therefore no other thread is left.
@safe
package final class Lock<Value: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  /// Guards a value.
  package init(_ value: Value) {
    self.value = value
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    Self.check(unsafe pthread_mutex_init(mutex, nil))
  }

  deinit {
    Self.check(unsafe pthread_mutex_destroy(mutex))
    unsafe mutex.deinitialize(count: 1)
    unsafe mutex.deallocate()
  }

  /// Runs `body` with the value, alone; it must not lock the same value again.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    Self.check(unsafe pthread_mutex_lock(mutex))
    defer { Self.check(unsafe pthread_mutex_unlock(mutex)) }
    return try body(&value)
  }

  /// The calls above fail only when used wrongly.
  private static func check(_ code: Int32) {
    precondition(code == 0, "a POSIX mutex was used wrongly, error \(code)")
  }
}
