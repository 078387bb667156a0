#include <stdlib.h>

#include "internal/memory.h"
#include "internal/objects.h"

ckernels_kpconv *ckernels_kpconv_create(const ckernels_kpconv_parameters *p) {
  size_t depth;
  if (!ckernels_multiply(p->kernel_point_count, p->input_width, &depth)) return NULL;
  ckernels_kpconv *layer = calloc(1, sizeof *layer);
  if (!layer) return NULL;
  layer->variant = ckernels_current_variant();
  layer->kernel_point_count = p->kernel_point_count;
  layer->dimension_count = p->dimension_count;
  layer->input_width = p->input_width;
  layer->influence_distance = p->influence_distance;
  layer->kernel_points =
      ckernels_copy_floats(p->kernel_point_count * p->dimension_count, p->kernel_points);
  if (!layer->kernel_points ||
      !ckernels_linear_pack(&layer->linear, layer->variant, CKERNELS_PRECISION_FLOAT32, depth,
                            p->output_width, p->kernel_weights, NULL, p->activation, p->scale, p->shift)) {
    ckernels_kpconv_destroy(layer);
    return NULL;
  }
  return layer;
}

size_t ckernels_kpconv_scratch_bytes(const ckernels_kpconv *layer, size_t neighbor_count) {
  return layer->variant->kpconv_scratch(layer, neighbor_count);
}

void ckernels_kpconv_run(const ckernels_kpconv *layer, size_t rows, size_t neighbor_count,
                         const float *x_query, const float *x_source, const float *f,
                         const int32_t *neighbors, float *y, void *scratch) {
  layer->variant->kpconv(layer, rows, neighbor_count, x_query, x_source, f, neighbors, y, scratch);
}

void ckernels_kpconv_destroy(ckernels_kpconv *layer) {
  if (!layer) return;
  free(layer->kernel_points);
  ckernels_linear_free(&layer->linear);
  free(layer);
}
