#include "../internal/knn.h"
#include "reference.h"

/// The smallest key over `above` of all points within the radius.
static double next_key(const ckernels_knn *knn, const ckernels_knn_request *request, double above) {
#pragma clang fp contract(off)
  double best = ckernels_knn_key(INFINITY, CKERNELS_KNN_NONE);
  for (size_t i = 0; i < knn->count; i++) {
    const ckernels_knn_points *block = &knn->blocks[i / ckernels_knn_fanout];
    const size_t lane = i % ckernels_knn_fanout;
    const float dx = block->x[lane] - request->x, dy = block->y[lane] - request->y;
    const float dz = block->z[lane] - request->z;
    const float squared = (dx * dx + dy * dy) + dz * dz;
    if (!(squared <= request->squared_radius)) continue;
    const double key = ckernels_knn_key(squared, block->index[lane]);
    if (key > above && key < best) best = key;
  }
  return best;
}

void ckernels_reference_knn_search(const ckernels_knn *knn, const ckernels_knn_request *request) {
  double key = -1;
  for (size_t i = 0; i < request->k; i++) {
    key = next_key(knn, request, key);
    ckernels_knn_write(request, i, 1, &key);
  }
}
