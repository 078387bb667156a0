#include "internal/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal/curve_sort.h"

enum { fanout = ckernels_knn_fanout };

/// The block in which a point at a place on the curve would be.
static size_t near_block(const ckernels_knn *knn, uint64_t code) {
  size_t block = 0;
  for (size_t count = knn->block_count; count > 1;) {
    const size_t half = count / 2;
    block += knn->first_codes[block + half] <= code ? half : 0;
    count -= half;
  }
  return block;
}

/// What is known before the first query.
static void forget(ckernels_knn_recent *recent) {
  memset(&recent->queries, 0, sizeof recent->queries);
  for (size_t i = 0; i < fanout; i++) recent->radii[i] = INFINITY;
  recent->last_squared = INFINITY;
  recent->threshold = -1;
}

/// The results of `count` queries that find nothing.
static void leave_empty(size_t count, int32_t *indices, float *squared_distances) {
  for (size_t i = 0; i < count; i++) {
    indices[i] = -1;
    if (squared_distances) squared_distances[i] = INFINITY;
  }
}

bool ckernels_knn_query(const ckernels_knn *knn, size_t query_count, const float *queries, size_t k,
                        float radius, int32_t *indices, float *squared_distances) {
  if (knn->count == 0 || query_count == 0) {
    leave_empty(query_count * k, indices, squared_distances);
    return true;
  }
  ckernels_curve_sort sort = {.variant = knn->variant,
                              .count = query_count,
                              .dimension_count = knn->dimension_count,
                              .points = queries};
  ckernels_buffer memory = {0};
  if (!ckernels_reserve(&memory, ckernels_curve_sort_bytes(query_count))) return false;
  ckernels_place_curve_sort(&sort, memory.bytes);
  // On this thread alone, which never abandons it.
  (void)ckernels_sort_along_curve(&sort, &knn->curve);
  ckernels_knn_recent recent;
  forget(&recent);
  for (size_t first = 0; first < query_count; first += fanout) {
    ckernels_knn_points block;
    ckernels_fill_block(&block, knn->dimension_count, query_count, first, queries, sort.listed);
    const ckernels_knn_request request = {
        .queries = &block,
        .end = query_count - first < fanout ? query_count - first : fanout,
        .near_block = near_block(knn, sort.listed[first].code),
        .k = k,
        .squared_radius = radius * radius,
        .recent = &recent,
        .indices = indices,
        .squared_distances = squared_distances};
    knn->variant->knn_search(knn, &request);
  }
  free(memory.bytes);
  return true;
}

void ckernels_knn_query_across(const ckernels_knn *knn, const ckernels_knn *queries, size_t begin,
                               size_t end, size_t k, float radius, int32_t *indices,
                               float *squared_distances) {
  ckernels_knn_recent recent;
  forget(&recent);
  for (size_t block = begin / fanout; block * fanout < end; block++) {
    const ckernels_knn_points *points = &queries->blocks[block];
    const size_t first = block * fanout;
    ckernels_knn_request request = {.queries = points,
                                    .begin = first < begin ? begin - first : 0,
                                    .end = end - first < fanout ? end - first : fanout,
                                    .near_block = block,
                                    .k = k,
                                    .squared_radius = radius * radius,
                                    .recent = &recent,
                                    .indices = indices,
                                    .squared_distances = squared_distances};
    if (knn->count == 0) {
      for (size_t lane = request.begin; lane < request.end; lane++) {
        const size_t row = points->index[lane] * k;
        leave_empty(k, indices + row, squared_distances ? squared_distances + row : NULL);
      }
      continue;
    }
    if (queries != knn) {
      const float position[3] = {points->x[0], points->y[0], points->z[0]};
      request.near_block = near_block(knn, ckernels_curve_code(&knn->curve, position));
    }
    knn->variant->knn_search(knn, &request);
  }
}

void ckernels_knn_order(const ckernels_knn *knn, int32_t *order) {
  for (size_t i = 0; i < knn->count; i++)
    order[i] = (int32_t)knn->blocks[i / fanout].index[i % fanout];
}
