#include <math.h>

#include "../internal/memory.h"
#include "reference.h"

size_t ckernels_reference_kpconv_scratch(const ckernels_kpconv *layer, size_t neighbor_count) {
  (void)neighbor_count;
  return 3 * ckernels_float_bytes(layer->linear.depth);
}

void ckernels_reference_kpconv(const ckernels_kpconv *layer, size_t rows, size_t neighbor_count,
                               const float *x_query, const float *x_source, const float *f,
                               const int32_t *neighbors, float *y, void *scratch) {
  const size_t width = layer->input_width, dimensions = layer->dimension_count;
  const size_t depth = layer->linear.depth;
  double *sums = scratch;
  float *gathered = (float *)scratch + 2 * (ckernels_float_bytes(depth) / sizeof(float));
  for (size_t i = 0; i < rows; i++) {
    for (size_t d = 0; d < depth; d++) sums[d] = 0;
    for (size_t j = 0; j < neighbor_count; j++) {
      const size_t neighbor = (size_t)neighbors[i * neighbor_count + j];
      for (size_t k = 0; k < layer->kernel_point_count; k++) {
        double squared = 0;
        for (size_t d = 0; d < dimensions; d++) {
          const double offset =
              (double)x_source[neighbor * dimensions + d] - x_query[i * dimensions + d];
          const double difference = offset - layer->kernel_points[k * dimensions + d];
          squared += difference * difference;
        }
        const double raw = 1 - sqrt(squared) / layer->influence_distance;
        const double influence = raw < 0 ? 0 : raw;
        for (size_t c = 0; c < width; c++)
          sums[k * width + c] += influence * f[neighbor * width + c];
      }
    }
    for (size_t d = 0; d < depth; d++) gathered[d] = (float)sums[d];
    ckernels_reference_linear(&layer->linear, 1, gathered, y + i * layer->linear.width);
  }
}
