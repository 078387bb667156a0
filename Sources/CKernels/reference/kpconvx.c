#include <math.h>

#include "../internal/memory.h"
#include "reference.h"

size_t ckernels_reference_kpconvx_scratch(const ckernels_kpconvx *layer, size_t neighbor_count) {
  (void)neighbor_count;
  return 4 * ckernels_float_bytes(layer->input_width) +
         ckernels_float_bytes(layer->blocks[0].modulation.width) +
         ckernels_float_bytes(layer->hidden_width);
}

/// The kernel point nearest to `offset` `[dimension_count]`, and its influence.
static size_t nearest_kernel_point(const ckernels_kpconvx *layer, const double *offset,
                                   double *influence) {
  double best = INFINITY;
  size_t nearest = 0;
  for (size_t k = 0; k < layer->kernel_point_count; k++) {
    double squared = 0;
    for (size_t d = 0; d < layer->dimension_count; d++) {
      const double difference =
          offset[d] - layer->kernel_points[d * layer->padded_kernel_point_count + k];
      squared += difference * difference;
    }
    // NaN offsets choose the first kernel point and carry NaN into the influence.
    if (squared < best || (k == 0 && squared != squared)) {
      best = squared;
      nearest = k;
    }
  }
  const double raw = 1 - sqrt(best) / layer->influence_distance;
  *influence = raw < 0 ? 0 : raw;
  return nearest;
}

void ckernels_reference_kpconvx(const ckernels_kpconvx *layer, size_t block, size_t row_begin,
                                size_t row_end, size_t neighbor_count, const float *x,
                                const float *f, const int32_t *neighbors, float *y, void *scratch) {
  const ckernels_kpconvx_block *weights = &layer->blocks[block];
  const size_t width = layer->input_width, dimensions = layer->dimension_count;
  const size_t groups = width / layer->group_size;
  const size_t stride = ckernels_float_bytes(width) / sizeof(float);
  // Sums take two strides of floats; once complete, the alpha row makes room for their rounding.
  double *sums = scratch;
  float *alpha = (float *)scratch + 2 * stride;
  float *down = alpha + stride;
  float *modulation = down + stride;
  float *hidden = modulation + ckernels_float_bytes(weights->modulation.width) / sizeof(float);
  for (size_t i = row_begin; i < row_end; i++) {
    ckernels_reference_linear(&weights->alpha, 1, f + i * width, alpha);
    ckernels_reference_linear(&weights->modulation, 1, alpha, modulation);
    for (size_t c = 0; c < width; c++) sums[c] = 0;
    for (size_t j = 0; j < neighbor_count; j++) {
      const size_t neighbor = (size_t)neighbors[i * neighbor_count + j];
      double offset[ckernels_dimension_limit], influence;
      for (size_t d = 0; d < dimensions; d++)
        offset[d] = (double)x[neighbor * dimensions + d] - x[i * dimensions + d];
      const size_t k = nearest_kernel_point(layer, offset, &influence);
      for (size_t c = 0; c < width; c++)
        sums[c] += influence * modulation[k * groups + c / layer->group_size] *
                   weights->kernel_weights[k * width + c] * f[neighbor * width + c];
    }
    for (size_t c = 0; c < width; c++) alpha[c] = (float)sums[c];
    ckernels_reference_linear(&weights->up, 1, alpha, hidden);
    ckernels_reference_linear(&weights->down, 1, hidden, down);
    for (size_t c = 0; c < width; c++) y[i * width + c] = f[i * width + c] + down[c];
  }
}
