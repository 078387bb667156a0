#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Receives signals on the thread that asks for them.
struct SignalWaiter {
  private var set = sigset_t()

  /// Blocks the signals for this thread and every thread it starts from now on.
  init(_ signals: [Int32]) {
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for the next of the signals.
  func next() -> Int32 {
    var copy = set
    var signal: Int32 = 0
    while unsafe sigwait(&copy, &signal) != 0 {}
    return signal
  }
}
