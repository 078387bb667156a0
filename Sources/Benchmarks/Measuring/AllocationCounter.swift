#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Counts heap allocations, where a counting library is loaded in front of the system's.
///
/// The program itself carries no counter, which would cost every allocation. The library is made of
/// deploy/bench/allocations.c and loaded by `LD_PRELOAD`.
package struct AllocationCounter: Sendable {
  private typealias Count = @convention(c) () -> UInt64

  private let count: Count

  /// The counter of the library; `nil` where none is loaded.
  package init?() {
    guard let program = unsafe dlopen(nil, RTLD_NOW),
      let symbol = unsafe dlsym(program, "pointserve_allocation_count")
    else { return nil }
    // The library, which is ours, declares the function with this type.
    unsafe count = unsafeBitCast(symbol, to: Count.self)
  }

  /// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign so far, by all threads.
  package var total: UInt64 { count() }
}
