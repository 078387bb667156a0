/// Owns one packed object of the kernels.
///
/// Sendable although unchecked: between creation and destruction the object is only read, by any
/// number of threads at once (the contract of CKernels.h).
@safe final class PackedKernel: @unchecked Sendable {
  let pointer: OpaquePointer
  private let destroy: @Sendable (OpaquePointer?) -> Void

  /// Takes over what a `_create` function returned for a case.
  ///
  /// - Throws: `BenchmarkError.outOfMemory` for a null pointer.
  init(
    _ pointer: OpaquePointer?, case name: String,
    destroy: @escaping @Sendable (OpaquePointer?) -> Void
  ) throws(BenchmarkError) {
    guard let pointer = unsafe pointer else { throw .outOfMemory(case: name) }
    unsafe self.pointer = pointer
    unsafe self.destroy = destroy
  }

  deinit { unsafe destroy(pointer) }
}
