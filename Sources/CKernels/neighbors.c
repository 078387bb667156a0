#include "internal/variant.h"

void ckernels_neighbor_filter(ckernels_filter_kind kind, size_t rows, size_t neighbor_count,
                              size_t dimension_count, size_t width, const float *x_source,
                              const float *x_query, const float *f, const int32_t *neighbors,
                              float *y) {
  ckernels_current_variant()->neighbor_filter(kind, rows, neighbor_count, dimension_count, width,
                                              x_source, x_query, f, neighbors, y);
}

void ckernels_neighbor_max(size_t rows, size_t neighbor_count, size_t width, const float *f,
                           const int32_t *neighbors, float *y) {
  ckernels_current_variant()->neighbor_max(rows, neighbor_count, width, f, neighbors, y);
}

void ckernels_gather_rows(size_t rows, size_t width, const float *f, const int32_t *indices,
                          float *y) {
  ckernels_current_variant()->gather_rows(rows, width, f, indices, y);
}
