#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A value behind a lock, and threads that wait for it to change.
///
/// `Synchronization.Mutex` has no condition variable, hence this pair of a POSIX mutex and a POSIX
/// condition variable on the monotonic clock. All locks of this target are of this kind, since the
/// thread sanitizer understands POSIX locks but reports races inside `Mutex` on Linux, where the
/// lock is taken by the kernel out of its sight. The state is never borrowed across a wait: a waiting
/// thread asks `decide` anew each time it wakes.
///
/// Sendable although unchecked: `state` is read and written only in `init`, before `self` is
/// shared, and between `acquire` and `release`; both pointers are constant, and what they point to
/// is freed in `deinit`, when no other reference and therefore no other thread is left.
@safe
final class Monitor<State: Sendable>: @unchecked Sendable {
  /// What a waiting thread does next.
  enum Decision<Result> {
    case done(Result)
    /// Sleep until the state changes, or until the instant if there is one.
    case wait(until: ContinuousClock.Instant?)
  }

  /// Longer waits are cut into pieces, so that every deadline fits in a `timespec`.
  private static var longestWait: Duration { .seconds(86_400) }

  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  init(_ state: State) {
    self.state = state
    unsafe lock = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe lock.initialize(to: pthread_mutex_t())
    unsafe changed.initialize(to: pthread_cond_t())
    Self.check(unsafe pthread_mutex_init(lock, nil))
    var attributes = pthread_condattr_t()
    Self.check(unsafe pthread_condattr_init(&attributes))
    #if !canImport(Darwin)
      Self.check(unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
    #endif
    Self.check(unsafe pthread_cond_init(changed, &attributes))
    Self.check(unsafe pthread_condattr_destroy(&attributes))
  }

  deinit {
    Self.check(unsafe pthread_cond_destroy(changed))
    Self.check(unsafe pthread_mutex_destroy(lock))
    unsafe changed.deinitialize(count: 1)
    unsafe lock.deinitialize(count: 1)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  /// Runs `body` with the state, alone.
  func withLock<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    acquire()
    defer { release() }
    return try body(&state)
  }

  /// Blocks until `decide` is done; it is asked first at once, then after each change.
  ///
  /// It may also be asked without cause, and never keeps a reference to the state.
  func wait<Result>(_ decide: (inout State) -> Decision<Result>) -> Result {
    acquire()
    defer { release() }
    while true {
      switch decide(&state) {
      case .done(let result): return result
      case .wait(nil): Self.check(unsafe pthread_cond_wait(changed, lock))
      case .wait(let instant?): sleep(until: instant)
      }
    }
  }

  /// Lets one waiting thread decide anew.
  func signal() { Self.check(unsafe pthread_cond_signal(changed)) }

  /// Lets every waiting thread decide anew.
  func broadcast() { Self.check(unsafe pthread_cond_broadcast(changed)) }

  private func acquire() { Self.check(unsafe pthread_mutex_lock(lock)) }

  private func release() { Self.check(unsafe pthread_mutex_unlock(lock)) }

  private func sleep(until instant: ContinuousClock.Instant) {
    let remaining = min(ContinuousClock.now.duration(to: instant), Self.longestWait)
    guard remaining > .zero else { return }
    let (seconds, attoseconds) = remaining.components
    // Rounded up: waking a nanosecond early would only mean going to sleep once more.
    let nanoseconds = attoseconds / 1_000_000_000 + 1
    #if canImport(Darwin)
      var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
      let code = unsafe pthread_cond_timedwait_relative_np(changed, lock, &time)
    #else
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      let total = Int64(time.tv_nsec) + nanoseconds
      time.tv_sec += .init(seconds + total / 1_000_000_000)
      time.tv_nsec = .init(total % 1_000_000_000)
      let code = unsafe pthread_cond_timedwait(changed, lock, &time)
    #endif
    if code != ETIMEDOUT { Self.check(code) }
  }

  /// The calls above fail only when used wrongly.
  private static func check(_ code: Int32) {
    precondition(code == 0, "a POSIX lock was used wrongly, error \(code)")
  }
}
