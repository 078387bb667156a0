#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"
#include "internal/objects.h"

/// Filters `[channels, depth, pixels]` and bias `[channels, pixels]`, or NULL for zero, in the order
/// in which they stream.
static float *pack_filters(size_t channels, size_t depth, size_t pixels, const float *filters,
                           const float *bias) {
  const size_t chunk = ckernels_chunk_pixels;
  size_t count;
  if (!ckernels_multiply(channels, 1 + depth, &count) ||
      !ckernels_multiply(count, ckernels_round_up(pixels, chunk), &count))
    return NULL;
  float *packed = ckernels_allocate_floats(count);
  if (!packed) return NULL;
  float *to = packed;
  for (size_t first = 0; first < pixels; first += chunk) {
    const size_t bytes = (pixels - first < chunk ? pixels - first : chunk) * sizeof(float);
    for (size_t o = 0, tile; o < channels; o += tile) {
      tile = ckernels_local_tile(channels - o);
      for (size_t t = 0; t < tile; t++, to += chunk)
        if (bias) memcpy(to, bias + (o + t) * pixels + first, bytes);
      for (size_t r = 0; r < depth; r++)
        for (size_t t = 0; t < tile; t++, to += chunk)
          memcpy(to, filters + ((o + t) * depth + r) * pixels + first, bytes);
    }
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
  const size_t channels = shape->output_channels;
  const bool is_reference = layer->variant->panel_vectors == 0;
  if (is_reference) {
    layer->filters = ckernels_copy_floats(channels * patch * pixels, filters);
    layer->bias = ckernels_allocate_floats(channels * pixels);
    if (layer->bias && bias) memcpy(layer->bias, bias, channels * pixels * sizeof(float));
  } else {
    layer->filters = pack_filters(channels, patch, pixels, filters, bias);
  }
  if (layer->filters && (layer->bias || !is_reference)) return layer;
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
