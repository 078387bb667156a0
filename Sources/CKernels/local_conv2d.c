#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"
#include "internal/objects.h"

/// Output pixels of a chunk: as many as four vectors hold, or all of them for the reference.
static size_t chunk_pixels(const ckernels_variant *variant, size_t pixels) {
  return variant->panel_vectors == 0 ? pixels : 4 * variant->lanes;
}

/// `[channels, depth, pixels]` in chunks of pixels, each `[channels, depth, chunk]`.
static float *pack_chunks(size_t channels, size_t depth, size_t pixels, size_t chunk,
                          const float *values) {
  size_t count;
  if (!ckernels_multiply(channels, depth, &count) ||
      !ckernels_multiply(count, ckernels_round_up(pixels, chunk), &count))
    return NULL;
  float *packed = ckernels_allocate_floats(count);
  if (!packed || !values) return packed;
  float *next = packed;
  for (size_t first = 0; first < pixels; first += chunk) {
    const size_t filled = pixels - first < chunk ? pixels - first : chunk;
    for (size_t row = 0; row < channels * depth; row++, next += chunk)
      memcpy(next, values + row * pixels + first, filled * sizeof(float));
  }
  return packed;
}

ckernels_local_conv2d *ckernels_local_conv2d_create(const ckernels_local_conv2d_shape *shape,
                                                    const float *filters, const float *bias) {
  ckernels_local_conv2d *layer = calloc(1, sizeof *layer);
  if (!layer) return NULL;
  layer->variant = ckernels_current_variant();
  layer->shape = *shape;
  const size_t pixels = ckernels_local_output_height(shape) * ckernels_local_output_width(shape);
  const size_t patch = shape->input_channels * shape->kernel_height * shape->kernel_width;
  layer->chunk = chunk_pixels(layer->variant, pixels);
  layer->filters = pack_chunks(shape->output_channels, patch, pixels, layer->chunk, filters);
  layer->bias = pack_chunks(shape->output_channels, 1, pixels, layer->chunk, bias);
  if (layer->filters && layer->bias) return layer;
  ckernels_local_conv2d_destroy(layer);
  return NULL;
}

size_t ckernels_local_conv2d_scratch_bytes(const ckernels_local_conv2d *layer) {
  return layer->variant->local_conv2d_scratch(layer);
}

void ckernels_local_conv2d_run(const ckernels_local_conv2d *layer, size_t images, const float *x,
                               float *y, void *scratch) {
  layer->variant->local_conv2d(layer, images, x, y, scratch);
}

void ckernels_local_conv2d_destroy(ckernels_local_conv2d *layer) {
  if (!layer) return;
  free(layer->filters);
  free(layer->bias);
  free(layer);
}

void ckernels_local_conv2d_run_external(const ckernels_local_conv2d_shape *shape,
                                        const float *filters, const float *bias, size_t images,
                                        const float *x, float *y) {
  ckernels_current_variant()->local_conv2d_external(shape, filters, bias, images, x, y);
}
