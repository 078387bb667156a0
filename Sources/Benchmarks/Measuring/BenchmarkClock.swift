import CKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a time is measured by.
package enum BenchmarkClock: String, Sendable, CaseIterable {
  /// What a user waits.
  case wall
  /// The processor time of the calling thread, which leaves out what other programs take from a
  /// busy machine; for work on one thread that never blocks.
  case cpu

  var kernelClock: ckernels_clock {
    self == .wall ? CKERNELS_CLOCK_WALL : CKERNELS_CLOCK_THREAD
  }

  /// Nanoseconds since some moment in the past.
  package var nanoseconds: Int64 {
    var time = timespec()
    // The pointer is used within the call only.
    unsafe clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
