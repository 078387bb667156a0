#include "internal/linear.h"

#include <stdlib.h>
#include <string.h>

#include "internal/bfloat16.h"
#include "internal/memory.h"

/// Weights rounded to bfloat16, `[depth, width]` → `[words, width]`.
static float *round_weights(const ckernels_linear *linear, size_t values_per_word,
                            const float *weights) {
  const size_t depth = linear->depth, width = linear->width;
  size_t count;
  if (!ckernels_multiply(linear->words, width, &count)) return NULL;
  float *rounded = ckernels_allocate_floats(count);
  if (!rounded) return NULL;
  for (size_t k = 0; k < depth; k += values_per_word)
    for (size_t j = 0; j < width; j++) {
      const float *value = weights + k * width + j;
      uint32_t word = (uint32_t)ckernels_bfloat16(*value) << 16;
      if (values_per_word == 2 && k + 1 < depth) word |= ckernels_bfloat16(value[width]);
      memcpy(rounded + k / values_per_word * width + j, &word, sizeof word);
    }
  return rounded;
}

/// `[words, width]` → panels
static float *pack_panels(const ckernels_linear *linear, const ckernels_variant *variant,
                          const float *weights) {
  const size_t width = linear->width, padded_width = linear->padded_width;
  size_t count;
  if (!ckernels_multiply(linear->words, padded_width, &count)) return NULL;
  if (variant->panel_vectors == 0) return ckernels_copy_floats(count, weights);
  float *packed = ckernels_allocate_floats(count);
  if (!packed) return NULL;
  const size_t panel_width = variant->panel_vectors * variant->lanes;
  float *next = packed;
  for (size_t column = 0; column < padded_width; column += panel_width) {
    const size_t remaining = padded_width - column;
    const size_t wide = remaining < panel_width ? remaining : panel_width;
    const size_t filled = column + wide < width ? wide : width - column;
    for (size_t k = 0; k < linear->words; k++, next += wide)
      memcpy(next, weights + k * width + column, filled * sizeof(float));
  }
  return packed;
}

/// `[words, width]` → panels of parts
static float *pack_parts(const ckernels_linear *linear, const ckernels_variant *variant,
                         const float *weights) {
  const size_t columns = variant->part_columns, parts = variant->parts;
  const size_t padded_words = ckernels_round_up(linear->words, parts);
  size_t count;
  if (!ckernels_multiply(padded_words, linear->padded_width, &count)) return NULL;
  float *packed = ckernels_allocate_floats(count);
  if (!packed) return NULL;
  for (size_t k = 0; k < linear->words; k++)
    for (size_t c = 0; c < linear->width; c++) {
      const size_t panel = c / columns * columns;
      packed[panel * padded_words + (k / parts * columns + c - panel) * parts + k % parts] =
          weights[k * linear->width + c];
    }
  return packed;
}

typedef float *(*pack_function)(const ckernels_linear *, const ckernels_variant *, const float *);

static float *pack_weights(const ckernels_linear *linear, const ckernels_variant *variant,
                           pack_function pack, const float *weights) {
  if (linear->precision == CKERNELS_PRECISION_FLOAT32) return pack(linear, variant, weights);
  float *rounded = round_weights(linear, variant->values_per_word, weights);
  float *packed = rounded ? pack(linear, variant, rounded) : NULL;
  free(rounded);
  return packed;
}

static float *pad(size_t width, size_t padded_width, const float *values, float otherwise) {
  float *padded = ckernels_allocate_floats(padded_width);
  if (!padded) return NULL;
  for (size_t i = 0; i < width; i++) padded[i] = values ? values[i] : otherwise;
  return padded;
}

/// Packs all but scale and shift; the width is padded to a multiple of `unit`.
static bool pack_product(ckernels_linear *linear, const ckernels_variant *variant,
                         ckernels_precision precision, size_t unit, pack_function pack,
                         size_t depth, size_t width, const float *weights, const float *bias,
                         ckernels_activation activation) {
  memset(linear, 0, sizeof *linear);
  linear->depth = depth;
  linear->width = width;
  linear->padded_width = ckernels_round_up(width, unit);
  linear->precision = precision;
  linear->words = (depth + variant->values_per_word - 1) / variant->values_per_word;
  linear->activation = activation;
  linear->weights = pack_weights(linear, variant, pack, weights);
  linear->bias = pad(width, linear->padded_width, bias, 0);
  return linear->weights && linear->bias;
}

bool ckernels_linear_pack(ckernels_linear *linear, const ckernels_variant *variant,
                          ckernels_precision precision, size_t depth, size_t width,
                          const float *weights, const float *bias, ckernels_activation activation,
                          const float *scale, const float *shift) {
  if (!pack_product(linear, variant, precision, variant->lanes, pack_panels, depth, width, weights,
                    bias, activation))
    return false;
  if (!scale && !shift) return true;
  linear->scale = pad(width, linear->padded_width, scale, 1);
  linear->shift = pad(width, linear->padded_width, shift, 0);
  return linear->scale && linear->shift;
}

bool ckernels_linear_pack_parts(ckernels_linear *linear, const ckernels_variant *variant,
                                ckernels_precision precision, size_t depth, size_t width,
                                const float *weights, const float *bias,
                                ckernels_activation activation) {
  return pack_product(linear, variant, precision, variant->part_columns, pack_parts, depth, width,
                      weights, bias, activation);
}

void ckernels_linear_free(ckernels_linear *linear) {
  free(linear->weights);
  free(linear->bias);
  free(linear->scale);
  free(linear->shift);
  memset(linear, 0, sizeof *linear);
}
