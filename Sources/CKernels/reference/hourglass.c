#include "../internal/memory.h"
#include "reference.h"

size_t ckernels_reference_hourglass_scratch(const ckernels_hourglass *hourglass) {
  return ckernels_float_bytes(hourglass->first.width);
}

void ckernels_reference_hourglass(const ckernels_hourglass *hourglass, size_t rows, const float *x,
                                  float *y, void *scratch) {
  float *hidden = scratch;
  for (size_t i = 0; i < rows; i++) {
    ckernels_reference_linear(&hourglass->first, 1, x + i * hourglass->first.depth, hidden);
    ckernels_reference_linear(&hourglass->second, 1, hidden, y + i * hourglass->second.width);
  }
}
