#include "internal/linear.h"

#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"

static float *pack_panels(const ckernels_variant *variant, size_t depth, size_t width,
                          size_t padded_width, const float *weights) {
  size_t count;
  if (!ckernels_multiply(depth, padded_width, &count)) return NULL;
  if (variant->panel_vectors == 0) return ckernels_copy_floats(count, weights);
  float *packed = ckernels_allocate_floats(count);
  if (!packed) return NULL;
  const size_t panel_width = variant->panel_vectors * variant->lanes;
  float *next = packed;
  for (size_t column = 0; column < padded_width; column += panel_width) {
    const size_t remaining = padded_width - column;
    const size_t wide = remaining < panel_width ? remaining : panel_width;
    const size_t filled = column + wide < width ? wide : width - column;
    for (size_t k = 0; k < depth; k++, next += wide)
      memcpy(next, weights + k * width + column, filled * sizeof(float));
  }
  return packed;
}

static float *pad(size_t width, size_t padded_width, const float *values, float otherwise) {
  float *padded = ckernels_allocate_floats(padded_width);
  if (!padded) return NULL;
  for (size_t i = 0; i < width; i++) padded[i] = values ? values[i] : otherwise;
  return padded;
}

bool ckernels_linear_pack(ckernels_linear *linear, const ckernels_variant *variant, size_t depth,
                          size_t width, const float *weights, const float *bias,
                          ckernels_activation activation, const float *scale, const float *shift) {
  memset(linear, 0, sizeof *linear);
  linear->depth = depth;
  linear->width = width;
  linear->padded_width = ckernels_round_up(width, variant->lanes);
  linear->activation = activation;
  linear->weights = pack_panels(variant, depth, width, linear->padded_width, weights);
  linear->bias = pad(width, linear->padded_width, bias, 0);
  if (!linear->weights || !linear->bias) return false;
  if (!scale && !shift) return true;
  linear->scale = pad(width, linear->padded_width, scale, 1);
  linear->shift = pad(width, linear->padded_width, shift, 0);
  return linear->scale && linear->shift;
}

void ckernels_linear_free(ckernels_linear *linear) {
  free(linear->weights);
  free(linear->bias);
  free(linear->scale);
  free(linear->shift);
  memset(linear, 0, sizeof *linear);
}
