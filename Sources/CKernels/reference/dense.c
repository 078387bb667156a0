#include "../internal/bfloat16.h"
#include "reference.h"

void ckernels_reference_linear(const ckernels_linear *linear, size_t rows, const float *x,
                               float *y) {
  const size_t depth = linear->depth, width = linear->width;
  const bool rounds = linear->precision == CKERNELS_PRECISION_BFLOAT16;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < width; j++) {
      double sum = linear->bias[j];
      for (size_t k = 0; k < depth; k++) {
        const float value = x[i * depth + k];
        sum += (double)(rounds ? ckernels_rounded_to_bfloat16(value) : value) *
               linear->weights[k * width + j];
      }
      sum = ckernels_reference_activation(linear->activation, sum);
      if (linear->scale) sum = sum * linear->scale[j] + linear->shift[j];
      y[i * width + j] = (float)sum;
    }
}

size_t ckernels_reference_dense_scratch(const ckernels_dense *dense) {
  (void)dense;
  return 0;
}

void ckernels_reference_dense(const ckernels_dense *dense, size_t rows, const float *x, float *y,
                              void *scratch) {
  (void)scratch;
  ckernels_reference_linear(&dense->linear, rows, x, y);
}
