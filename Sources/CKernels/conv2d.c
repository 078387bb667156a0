#include <stdlib.h>

#include "internal/memory.h"
#include "internal/objects.h"

ckernels_conv2d *ckernels_conv2d_create(const ckernels_conv2d_parameters *p) {
  size_t depth;
  if (!ckernels_multiply(p->kernel_height, p->kernel_width, &depth) ||
      !ckernels_multiply(depth, p->input_channels, &depth))
    return NULL;
  ckernels_conv2d *layer = calloc(1, sizeof *layer);
  if (!layer) return NULL;
  layer->variant = ckernels_current_variant();
  layer->shape = *p;
  if (!ckernels_linear_pack(&layer->linear, layer->variant, CKERNELS_PRECISION_FLOAT32, depth,
                            p->output_channels, p->weights, p->bias, p->activation, p->scale, p->shift)) {
    ckernels_conv2d_destroy(layer);
    return NULL;
  }
  return layer;
}

size_t ckernels_conv2d_scratch_bytes(const ckernels_conv2d *layer) {
  return layer->variant->conv2d_scratch(layer);
}

void ckernels_conv2d_run(const ckernels_conv2d *layer, size_t images, const float *x, float *y,
                         void *scratch) {
  layer->variant->conv2d(layer, images, x, y, scratch);
}

void ckernels_conv2d_destroy(ckernels_conv2d *layer) {
  if (!layer) return;
  ckernels_linear_free(&layer->linear);
  free(layer);
}
