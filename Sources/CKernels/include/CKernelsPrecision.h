#ifndef CKERNELS_PRECISION_H
#define CKERNELS_PRECISION_H

/// What the operands of a layer's matrix products are held in; everything else, sums and results
/// among it, is float32.
typedef enum ckernels_precision {
  CKERNELS_PRECISION_FLOAT32 = 0,
  /// Weights and left operands are rounded to bfloat16, ties to even, subnormals to zero; the weights
  /// of an hourglass such that those of both products make up for one another.
  ///
  /// Products of such numbers are exact in float32, so that sums in one order are the same with and
  /// without instructions for them, up to numbers smaller than 2^-126.
  CKERNELS_PRECISION_BFLOAT16 = 1,
} ckernels_precision;

#endif
