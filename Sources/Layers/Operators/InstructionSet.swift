import CKernels

/// The instruction set that the kernels were chosen for when the program started.
package enum InstructionSet {
  /// Such as `avx2`, as reports and metrics name it.
  package static var name: String {
    // The name is a constant, terminated text.
    unsafe String(cString: ckernels_isa_name())
  }
}
