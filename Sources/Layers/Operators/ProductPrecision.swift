package import CKernels

/// What the operands of the matrix products of a model are held in; sums, results and everything
/// else stay float32.
///
/// Of the layers, KPConvX, Hourglass, Dense and Conv1D know products of bfloat16.
package enum ProductPrecision: String, CaseIterable, Sendable {
  case float32
  /// Weights and left operands rounded to bfloat16, ties to even; the weights of an hourglass such
  /// that those of both products make up for one another.
  case bfloat16

  /// The kernels' name for it.
  package var kernelPrecision: ckernels_precision {
    switch self {
    case .float32: CKERNELS_PRECISION_FLOAT32
    case .bfloat16: CKERNELS_PRECISION_BFLOAT16
    }
  }
}
