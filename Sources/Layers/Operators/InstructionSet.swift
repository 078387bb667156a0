import CKernels

/// The instruction set that the kernels were chosen for when the program started.
package enum InstructionSet {
  /// Such as `avx2`, as reports and metrics name it.
  package static var name: String {
    // The name is a constant, terminated text.
    unsafe String(cString: ckernels_isa_name())
  }
}

extension InstructionSet {
  /// The names that this processor can run, the fastest first.
  package static var available: [String] {
    (0..<ckernels_available_isa_count()).map { index in
      // The name is a constant, terminated text.
      unsafe String(cString: ckernels_available_isa_name(index))
    }
  }

  /// Chooses the kernels of every layer that is made from now on.
  ///
  /// - Parameter name: one of `available`.
  /// - Returns: `false`, with nothing changed, for any other name.
  package static func select(named name: String) -> Bool { unsafe ckernels_select_isa(name) }
}
