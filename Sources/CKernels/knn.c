#include "internal/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"

enum { fanout = ckernels_knn_fanout, digit_bits = 11, digit_count = 1 << digit_bits };

/// A position on the curve and the point there.
typedef struct curve_point {
  uint64_t code;
  uint32_t index;
} curve_point;

/// The cells of a cube around the points.
static ckernels_knn_curve make_curve(size_t count, size_t dimensions, const float *points) {
  ckernels_knn_curve curve = {.cells = dimensions == 3 ? (1 << 14) - 1 : (1 << 21) - 1};
  double extent = 0;
  for (size_t d = 0; d < dimensions; d++) {
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
      const float value = points[i * dimensions + d];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    curve.low[d] = low;
    if ((double)high - low > extent) extent = (double)high - low;
  }
  curve.cells_per_unit = extent > 0 ? curve.cells / extent : 0;
  return curve;
}

/// The low 21 bits of `value`, with one zero (two in three dimensions) between each other.
static uint64_t spread(uint64_t value, size_t dimensions) {
  value &= 0x1fffff;
  if (dimensions == 3) {
    value = (value | value << 32) & 0x001f00000000ffff;
    value = (value | value << 16) & 0x001f0000ff0000ff;
    value = (value | value << 8) & 0x100f00f00f00f00f;
    value = (value | value << 4) & 0x10c30c30c30c30c3;
    return (value | value << 2) & 0x1249249249249249;
  }
  value = (value | value << 16) & 0x0000ffff0000ffff;
  value = (value | value << 8) & 0x00ff00ff00ff00ff;
  value = (value | value << 4) & 0x0f0f0f0f0f0f0f0f;
  value = (value | value << 2) & 0x3333333333333333;
  return (value | value << 1) & 0x5555555555555555;
}

/// The positions of up to sixteen points, or of the nearest cells of the cube, along the curve: 42
/// bits.
static void curve_codes(const ckernels_knn *knn, size_t count, const float *points,
                        uint64_t *codes) {
  const size_t dimensions = knn->dimension_count;
  const ckernels_knn_curve *curve = &knn->curve;
  uint32_t cells[3][fanout] = {{0}};
  for (size_t i = 0; i < count; i++) {
    for (size_t d = 0; d < dimensions; d++) {
      const double cell =
          ((double)points[i * dimensions + d] - curve->low[d]) * curve->cells_per_unit;
      // What is below, or no number, goes to the first cell.
      cells[d][i] = cell > curve->cells ? (uint32_t)curve->cells : cell > 0 ? (uint32_t)cell : 0;
    }
  }
  knn->variant->curve_cells(dimensions, ((uint32_t)curve->cells + 1) / 2, cells);
  for (size_t i = 0; i < count; i++) {
    codes[i] = 0;
    for (size_t d = 0; d < dimensions; d++)
      codes[i] |= spread(cells[d][i], dimensions) << (dimensions - 1 - d);
  }
}

/// Sorts by code, points of equal code by index, with `spare` for as many points; the result is in
/// the array that is returned.
static curve_point *sort_by_code(size_t count, curve_point *codes, curve_point *spare) {
  for (int shift = 0; shift < 4 * digit_bits; shift += digit_bits) {
    size_t starts[digit_count] = {0};
    for (size_t i = 0; i < count; i++) starts[codes[i].code >> shift & (digit_count - 1)]++;
    if (starts[codes[0].code >> shift & (digit_count - 1)] == count) continue;
    size_t next = 0;
    for (size_t d = 0; d < digit_count; d++) {
      const size_t digits = starts[d];
      starts[d] = next;
      next += digits;
    }
    for (size_t i = 0; i < count; i++)
      spare[starts[codes[i].code >> shift & (digit_count - 1)]++] = codes[i];
    curve_point *sorted = spare;
    spare = codes;
    codes = sorted;
  }
  return codes;
}

/// Points in the order of the curve.
typedef struct sorted_points {
  curve_point *memory;
  /// `[count]`, within the memory.
  const curve_point *order;
} sorted_points;

/// Sorts points `[count, dimensions]` along the curve of an index; nothing when memory runs out.
static sorted_points sort_points(const ckernels_knn *knn, size_t count, const float *points) {
  curve_point *codes = malloc(2 * count * sizeof *codes);
  if (!codes) return (sorted_points){NULL, NULL};
  for (size_t first = 0; first < count; first += fanout) {
    const size_t some = count - first < fanout ? count - first : fanout;
    uint64_t batch[fanout];
    curve_codes(knn, some, points + first * knn->dimension_count, batch);
    for (size_t i = 0; i < some; i++)
      codes[first + i] = (curve_point){batch[i], (uint32_t)(first + i)};
  }
  return (sorted_points){codes, sort_by_code(count, codes, codes + count)};
}

/// The block of up to sixteen points in order, from `first` on.
static void fill_block(ckernels_knn_points *block, size_t dimensions, size_t count, size_t first,
                       const float *points, const curve_point *order) {
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
  knn->curve = make_curve(knn->count, knn->dimension_count, points);
  const sorted_points sorted = sort_points(knn, knn->count, points);
  if (!sorted.memory) return false;
  for (size_t block = 0; block < knn->block_count; block++) {
    knn->first_codes[block] = sorted.order[block * fanout].code;
    fill_block(&knn->blocks[block], knn->dimension_count, knn->count, block * fanout, points,
               sorted.order);
  }
  free(sorted.memory);
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
  const sorted_points sorted = sort_points(knn, query_count, queries);
  if (!sorted.memory) return false;
  ckernels_knn_recent recent;
  forget(&recent);
  for (size_t first = 0; first < query_count; first += fanout) {
    ckernels_knn_points block;
    fill_block(&block, knn->dimension_count, query_count, first, queries, sorted.order);
    const ckernels_knn_request request = {
        .queries = &block,
        .end = query_count - first < fanout ? query_count - first : fanout,
        .near_block = near_block(knn, sorted.order[first].code),
        .k = k,
        .squared_radius = radius * radius,
        .recent = &recent,
        .indices = indices,
        .squared_distances = squared_distances};
    knn->variant->knn_search(knn, &request);
  }
  free(sorted.memory);
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
      uint64_t code;
      curve_codes(knn, 1, position, &code);
      request.near_block = near_block(knn, code);
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
