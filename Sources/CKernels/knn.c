#include "internal/knn.h"

#include <stdlib.h>

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
    float low = points[d], high = points[d];
    for (size_t i = 1; i < count; i++) {
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

/// The position of a point, or of the nearest cell of the cube, along a Morton curve: 42 bits.
static uint64_t curve_code(const ckernels_knn_curve *curve, size_t dimensions, const float *point) {
  uint64_t code = 0;
  for (size_t d = 0; d < dimensions; d++) {
    const double cell = ((double)point[d] - curve->low[d]) * curve->cells_per_unit;
    // What is below, or no number, goes to the first cell.
    const uint64_t clamped = cell > curve->cells ? (uint64_t)curve->cells
                             : cell > 0          ? (uint64_t)cell
                                                 : 0;
    code |= spread(clamped, dimensions) << d;
  }
  return code;
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

static void fill_blocks(ckernels_knn *knn, const float *points, const curve_point *order) {
  const size_t dimensions = knn->dimension_count;
  for (size_t i = 0; i < knn->block_count * fanout; i++) {
    ckernels_knn_points *block = &knn->blocks[i / fanout];
    const size_t lane = i % fanout;
    const bool is_point = i < knn->count;
    const float *point = is_point ? points + order[i].index * dimensions : NULL;
    block->index[lane] = is_point ? order[i].index : CKERNELS_KNN_NONE;
    block->x[lane] = is_point ? point[0] : INFINITY;
    block->y[lane] = is_point && dimensions > 1 ? point[1] : 0;
    block->z[lane] = is_point && dimensions > 2 ? point[2] : 0;
    if (lane == 0) knn->first_codes[i / fanout] = order[i].code;
  }
}

/// The smallest and largest of `count` values.
static void bound(size_t count, const float *lows, const float *highs, float *low, float *high) {
  *low = lows[0];
  *high = highs[0];
  for (size_t i = 1; i < count; i++) {
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
  } while (below > 1);
  return true;
}

static bool build(ckernels_knn *knn, const float *points) {
  knn->blocks = (ckernels_knn_points *)ckernels_allocate_floats(
      knn->block_count * sizeof(ckernels_knn_points) / sizeof(float));
  knn->first_codes = malloc(knn->block_count * sizeof *knn->first_codes);
  curve_point *codes = malloc(knn->count * sizeof *codes);
  curve_point *spare = malloc(knn->count * sizeof *spare);
  const bool has_memory = knn->blocks && knn->first_codes && codes && spare;
  if (has_memory) {
    knn->curve = make_curve(knn->count, knn->dimension_count, points);
    for (size_t i = 0; i < knn->count; i++)
      codes[i] = (curve_point){
          curve_code(&knn->curve, knn->dimension_count, points + i * knn->dimension_count),
          (uint32_t)i};
    fill_blocks(knn, points, sort_by_code(knn->count, codes, spare));
  }
  free(codes);
  free(spare);
  return has_memory && build_levels(knn);
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

/// The block in which a point of the query's position would be.
static size_t near_block(const ckernels_knn *knn, const float *query) {
  const uint64_t code = curve_code(&knn->curve, knn->dimension_count, query);
  size_t block = 0;
  for (size_t count = knn->block_count; count > 1;) {
    const size_t half = count / 2;
    block += knn->first_codes[block + half] <= code ? half : 0;
    count -= half;
  }
  return block;
}

static ckernels_knn_request request_at(float squared_radius, size_t row, size_t k, int32_t *indices,
                                       float *squared_distances) {
  ckernels_knn_request request = {.k = k, .squared_radius = squared_radius};
  request.indices = indices + row * k;
  request.squared_distances = squared_distances ? squared_distances + row * k : NULL;
  return request;
}

static void leave_empty(const ckernels_knn_request *request) {
  const double none = ckernels_knn_key(INFINITY, CKERNELS_KNN_NONE);
  for (size_t i = 0; i < request->k; i++) ckernels_knn_write(request, i, 1, &none);
}

void ckernels_knn_query(const ckernels_knn *knn, size_t query_count, const float *queries, size_t k,
                        float radius, int32_t *indices, float *squared_distances) {
  const size_t dimensions = knn->dimension_count;
  for (size_t i = 0; i < query_count; i++) {
    ckernels_knn_request request = request_at(radius * radius, i, k, indices, squared_distances);
    const float *query = queries + i * dimensions;
    request.x = query[0];
    request.y = dimensions > 1 ? query[1] : 0;
    request.z = dimensions > 2 ? query[2] : 0;
    if (knn->count == 0) {
      leave_empty(&request);
      continue;
    }
    request.block = near_block(knn, query);
    knn->variant->knn_search(knn, &request);
  }
}

void ckernels_knn_query_self(const ckernels_knn *knn, size_t begin, size_t end, size_t k,
                             float radius, int32_t *indices, float *squared_distances) {
  for (size_t i = begin; i < end; i++) {
    const ckernels_knn_points *block = &knn->blocks[i / fanout];
    const size_t lane = i % fanout;
    ckernels_knn_request request =
        request_at(radius * radius, block->index[lane], k, indices, squared_distances);
    request.x = block->x[lane];
    request.y = block->y[lane];
    request.z = block->z[lane];
    request.block = i / fanout;
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
