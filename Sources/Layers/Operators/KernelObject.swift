import CKernels

/// Owns one packed kernel object and destroys it together with the last operator that holds it.
///
/// `@unchecked Sendable`: the object is written by `_create` alone, before this class exists, and
/// by `_destroy`, after the last reference is gone; in between `_run` only reads it and may be
/// called from any number of threads (the contract of CKernels.h).
@safe final class KernelObject: @unchecked Sendable {
  let pointer: OpaquePointer
  private let destroy: @Sendable (OpaquePointer?) -> Void

  /// Takes over what a `_create` function returned.
  ///
  /// - Throws: `LayerError.outOfMemory` for a null pointer.
  init(
    _ pointer: OpaquePointer?, destroy: @escaping @Sendable (OpaquePointer?) -> Void
  ) throws(LayerError) {
    guard let pointer = unsafe pointer else { throw .outOfMemory }
    unsafe self.pointer = pointer
    unsafe self.destroy = destroy
  }

  deinit { unsafe destroy(pointer) }
}

/// Scratch floats for a kernel that asks for bytes.
func scratchFloats(bytes: Int) -> Int { (bytes + 3) / 4 }
