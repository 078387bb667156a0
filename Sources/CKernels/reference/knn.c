#include <math.h>
#include <string.h>

#include "../internal/knn.h"
#include "../vector/curve.h"
#include "reference.h"

void ckernels_reference_curve_cells(size_t dimensions, uint32_t highest_bit,
                                    uint32_t (*cells)[ckernels_knn_fanout]) {
  curve_cells(dimensions, highest_bit, cells);
}

/// Whether a point comes before another one: by distance, then by index.
static bool precedes(float squared, uint32_t index, float other_squared, uint32_t other_index) {
  return squared < other_squared || (squared == other_squared && index < other_index);
}

/// Finds the points within the radius that are nearest to a lane's query, nearest first.
static void search_lane(const ckernels_knn *knn, const ckernels_knn_request *request, size_t lane) {
#pragma clang fp contract(off)
  const ckernels_knn_points *queries = request->queries;
  int32_t *indices = request->indices + queries->index[lane] * request->k;
  float last = -1;
  uint32_t last_index = 0;
  for (size_t place = 0; place < request->k; place++) {
    float best = INFINITY;
    uint32_t best_index = CKERNELS_KNN_NONE;
    for (size_t i = 0; i < knn->count; i++) {
      const ckernels_knn_points *block = &knn->blocks[i / ckernels_knn_fanout];
      const size_t point = i % ckernels_knn_fanout;
      const float dx = block->x[point] - queries->x[lane], dy = block->y[point] - queries->y[lane];
      const float dz = block->z[point] - queries->z[lane];
      const float squared = (dx * dx + dy * dy) + dz * dz;
      const uint32_t index = block->index[point];
      if (squared <= request->squared_radius && precedes(last, last_index, squared, index) &&
          precedes(squared, index, best, best_index)) {
        best = squared;
        best_index = index;
      }
    }
    indices[place] = best_index == CKERNELS_KNN_NONE ? -1 : (int32_t)best_index;
    if (request->squared_distances)
      request->squared_distances[indices - request->indices + (ptrdiff_t)place] = best;
    last = best;
    last_index = best_index;
  }
}

void ckernels_reference_knn_search(const ckernels_knn *knn, const ckernels_knn_request *request) {
  for (size_t lane = request->begin; lane < request->end; lane++) search_lane(knn, request, lane);
}
