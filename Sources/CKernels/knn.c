#include "internal/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"

enum { fanout = ckernels_knn_fanout };

/// The block of up to sixteen points in order, from `first` on.
static void fill_block(ckernels_knn_points *block, size_t dimensions, size_t count, size_t first,
                       const float *points, const ckernels_curve_point *order) {
  for (size_t lane = 0; lane < fanout; lane++) {
    const bool is_point = first + lane < count;
    const float *point = is_point ? points + order[first + lane].index * dimensions : NULL;
    // No number is within any distance.
    block->x[lane] = is_point ? point[0] : NAN;
    block->y[lane] = is_point && dimensions > 1 ? point[1] : 0;
    block->z[lane] = is_point && dimensions > 2 ? point[2] : 0;
    block->index[lane] = is_point ? order[first + lane].index : CKERNELS_KNN_NONE;
  }
}

/// The least of `count` indices.
static uint32_t least(size_t count, const uint32_t *indices) {
  uint32_t lowest = indices[0];
  for (size_t i = 1; i < count; i++) lowest = indices[i] < lowest ? indices[i] : lowest;
  return lowest;
}

/// The smallest and largest of `count` values, not counting what is no number.
static void bound(size_t count, const float *lows, const float *highs, float *low, float *high) {
  *low = INFINITY;
  *high = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    if (lows[i] < *low) *low = lows[i];
    if (highs[i] > *high) *high = highs[i];
  }
}

static void bound_block(const ckernels_knn *knn, size_t child, ckernels_knn_node *node,
                        size_t lane) {
  const ckernels_knn_points *b = &knn->blocks[child];
  const size_t remaining = knn->count - child * fanout;
  const size_t count = remaining < fanout ? remaining : fanout;
  bound(count, b->x, b->x, &node->low_x[lane], &node->high_x[lane]);
  bound(count, b->y, b->y, &node->low_y[lane], &node->high_y[lane]);
  bound(count, b->z, b->z, &node->low_z[lane], &node->high_z[lane]);
  node->lowest_index[lane] = least(count, b->index);
}

static void bound_node(const ckernels_knn *knn, size_t level, size_t child,
                       ckernels_knn_node *node, size_t lane) {
  const ckernels_knn_node *n = &knn->nodes[level][child];
  const size_t below = level == 0 ? knn->block_count : knn->node_counts[level - 1];
  const size_t remaining = below - child * fanout;
  const size_t count = remaining < fanout ? remaining : fanout;
  bound(count, n->low_x, n->high_x, &node->low_x[lane], &node->high_x[lane]);
  bound(count, n->low_y, n->high_y, &node->low_y[lane], &node->high_y[lane]);
  bound(count, n->low_z, n->high_z, &node->low_z[lane], &node->high_z[lane]);
  node->lowest_index[lane] = least(count, n->lowest_index);
}

static bool build_levels(ckernels_knn *knn) {
  size_t below = knn->block_count;
  do {
    const size_t level = knn->level_count++, nodes = (below + fanout - 1) / fanout;
    knn->node_counts[level] = nodes;
    knn->nodes[level] = (ckernels_knn_node *)ckernels_allocate_floats(
        nodes * sizeof(ckernels_knn_node) / sizeof(float));
    if (!knn->nodes[level]) return false;
    for (size_t child = 0; child < below; child++) {
      ckernels_knn_node *node = &knn->nodes[level][child / fanout];
      if (level == 0)
        bound_block(knn, child, node, child % fanout);
      else
        bound_node(knn, level - 1, child, node, child % fanout);
    }
    below = nodes;
  } while (below > 1 || knn->level_count < 2);
  return true;
}

static bool build(ckernels_knn *knn, const float *points) {
  knn->blocks = (ckernels_knn_points *)ckernels_allocate_floats(
      knn->block_count * sizeof(ckernels_knn_points) / sizeof(float));
  knn->first_codes = malloc(knn->block_count * sizeof *knn->first_codes);
  if (!knn->blocks || !knn->first_codes) return false;
  knn->curve = ckernels_make_curve(knn->variant, knn->count, knn->dimension_count, points);
  const ckernels_curve_order order = ckernels_sort_along_curve(&knn->curve, knn->count, points);
  if (!order.points) return false;
  for (size_t block = 0; block < knn->block_count; block++)
    knn->first_codes[block] = order.points[block * fanout].code;
  ckernels_sort_within_cells(&knn->curve, knn->count, points, order);
  for (size_t block = 0; block < knn->block_count; block++)
    fill_block(&knn->blocks[block], knn->dimension_count, knn->count, block * fanout, points,
               order.points);
  free(order.points);
  return build_levels(knn);
}

ckernels_knn *ckernels_knn_create(size_t count, size_t dimension_count, const float *points) {
  if (count > INT32_MAX) return NULL;
  ckernels_knn *knn = calloc(1, sizeof *knn);
  if (!knn) return NULL;
  knn->variant = ckernels_current_variant();
  knn->count = count;
  knn->dimension_count = dimension_count;
  knn->block_count = (count + fanout - 1) / fanout;
  if (count == 0 || build(knn, points)) return knn;
  ckernels_knn_destroy(knn);
  return NULL;
}

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
  const ckernels_curve_order order = ckernels_sort_along_curve(&knn->curve, query_count, queries);
  if (!order.points) return false;
  ckernels_knn_recent recent;
  forget(&recent);
  for (size_t first = 0; first < query_count; first += fanout) {
    ckernels_knn_points block;
    fill_block(&block, knn->dimension_count, query_count, first, queries, order.points);
    const ckernels_knn_request request = {
        .queries = &block,
        .end = query_count - first < fanout ? query_count - first : fanout,
        .near_block = near_block(knn, order.points[first].code),
        .k = k,
        .squared_radius = radius * radius,
        .recent = &recent,
        .indices = indices,
        .squared_distances = squared_distances};
    knn->variant->knn_search(knn, &request);
  }
  free(order.points);
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

void ckernels_knn_destroy(ckernels_knn *knn) {
  if (!knn) return;
  for (size_t level = 0; level < knn->level_count; level++) free(knn->nodes[level]);
  free(knn->first_codes);
  free(knn->blocks);
  free(knn);
}
