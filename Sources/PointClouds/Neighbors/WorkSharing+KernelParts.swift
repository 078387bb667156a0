import Batching
import CKernels

extension WorkSharing {
  /// Calls `body` with what lets kernels run the parts of their work on these threads.
  func withPartRunner<Result>(
    _ body: (UnsafePointer<ckernels_part_runner>) -> Result
  ) -> Result {
    unsafe withUnsafePointer(to: self) { threads in
      var runner = unsafe ckernels_part_runner(
        context: UnsafeMutableRawPointer(mutating: threads)
      ) { context, count, part, work in
        guard let context = unsafe context else { return false }
        // The context is the value above, which lives until `body` has returned and is only read.
        let threads = unsafe context.assumingMemoryBound(to: WorkSharing.self).pointee
        let parts = unsafe KernelParts(run: part, work: work)
        do throws(WorkAbandoned) {
          _ = try threads.map(count) { unsafe parts.run(parts.work, $0) }
          return true
        } catch {
          return false
        }
      }
      return unsafe body(&runner)
    }
  }
}

/// The parts of one work of the kernels.
///
/// `@unchecked Sendable`: the kernels say that their parts may run on any threads at the same time
/// (CKernelsNearestNeighbors.h), and the work outlives them: `map` returns once every part that began
/// has ended, abandoned or not.
@unsafe private struct KernelParts: @unchecked Sendable {
  let run: @convention(c) (UnsafeMutableRawPointer, Int) -> Void
  let work: UnsafeMutableRawPointer
}
