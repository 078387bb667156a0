#ifndef CKERNELS_INTERNAL_LINEAR_H
#define CKERNELS_INTERNAL_LINEAR_H

#include <stdbool.h>

#include "../include/CKernelsActivation.h"
#include "../include/CKernelsPrecision.h"
#include "variant.h"

/// A packed y = activation(x @ weights + bias) * scale + shift; a part of most objects.
typedef struct ckernels_linear {
  size_t depth;
  size_t width;
  /// `width` rounded up to whole vectors.
  size_t padded_width;
  ckernels_precision precision;
  /// Words of a row of the left operand: `depth` values, as many in each as the variant says.
  size_t words;
  ckernels_activation activation;
  /// Panels of `panel_vectors` vectors (the last one narrower), each `[words, panel width]`, padded
  /// with zeros; `[depth, width]` for a variant without panels.
  ///
  /// A word that holds two values has the first of them in its upper half.
  float *weights;
  /// `[padded_width]`, zeros where the layer has none.
  float *bias;
  /// `[padded_width]`, or NULL for the identity; `shift` is NULL exactly when `scale` is.
  float *scale;
  float *shift;
} ckernels_linear;

/// Packs a linear layer; false when memory runs out, and then `linear` may be freed all the same.
///
/// weights `[depth, width]`; bias, scale, and shift `[width]` or NULL.
bool ckernels_linear_pack(ckernels_linear *linear, const ckernels_variant *variant,
                          ckernels_precision precision, size_t depth, size_t width,
                          const float *weights, const float *bias, ckernels_activation activation,
                          const float *scale, const float *shift);

/// As `ckernels_linear_pack`, in panels of the variant's `part_columns` (the last one padded with
/// zeros), each `[words / parts rounded up, columns, parts]`.
bool ckernels_linear_pack_parts(ckernels_linear *linear, const ckernels_variant *variant,
                                ckernels_precision precision, size_t depth, size_t width,
                                const float *weights, const float *bias,
                                ckernels_activation activation);

/// Frees what packing allocated.
void ckernels_linear_free(ckernels_linear *linear);

#endif
