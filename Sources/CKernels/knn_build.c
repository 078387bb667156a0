// Making indices: points are sorted along a curve and cut into blocks, whose boxes are bounded upwards.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal/curve_sort.h"
#include "internal/knn.h"
#include "internal/parts.h"

enum {
  fanout = ckernels_knn_fanout,
  /// Whole nodes of level 0.
  blocks_per_part = ckernels_sort_part / fanout,
  /// The most bytes for sorting that an index keeps: windows are indexed in the same memory again and
  /// again, large clouds are not.
  kept_scratch = 4 << 20,
};

void ckernels_fill_block(ckernels_knn_points *block, size_t dimensions, size_t count, size_t first,
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

/// Bounds the children at `begin ..< end` of the nodes of a level; `begin` is a node's first one.
static void bound_children(ckernels_knn *knn, size_t level, size_t begin, size_t end) {
  for (size_t child = begin; child < end; child++) {
    ckernels_knn_node *node = &knn->nodes[level][child / fanout];
    if (level == 0)
      bound_block(knn, child, node, child % fanout);
    else
      bound_node(knn, level - 1, child, node, child % fanout);
  }
}

/// Finds place for the blocks and nodes of as many points as the index is to hold.
static bool place(ckernels_knn *knn) {
  size_t bytes = knn->block_count * sizeof *knn->blocks, below = knn->block_count;
  knn->level_count = 0;
  do {
    below = (below + fanout - 1) / fanout;
    knn->node_counts[knn->level_count++] = below;
    bytes += below * sizeof *knn->nodes[0];
  } while (below > 1 || knn->level_count < 2);
  if (!ckernels_reserve(&knn->memory, bytes + knn->block_count * sizeof *knn->first_codes))
    return false;
  // Each of them takes whole 64-byte lines.
  knn->blocks = knn->memory.bytes;
  ckernels_knn_node *nodes = (ckernels_knn_node *)(knn->blocks + knn->block_count);
  for (size_t level = 0; level < knn->level_count; level++) {
    knn->nodes[level] = nodes;
    nodes += knn->node_counts[level];
  }
  knn->first_codes = (uint64_t *)nodes;
  return true;
}

/// Points in order that become blocks.
typedef struct block_source {
  ckernels_knn *knn;
  const float *points;
  const ckernels_curve_point *order;
} block_source;

static void fill_part(void *work, size_t part) {
  const block_source *source = work;
  ckernels_knn *knn = source->knn;
  const size_t begin = part * blocks_per_part, rest = knn->block_count - begin;
  const size_t end = begin + (rest < blocks_per_part ? rest : blocks_per_part);
  for (size_t block = begin; block < end; block++)
    ckernels_fill_block(&knn->blocks[block], knn->dimension_count, knn->count, block * fanout,
                        source->points, source->order);
  bound_children(knn, 0, begin, end);
}

/// Makes blocks and nodes of points in order.
static bool fill(ckernels_knn *knn, const float *points, const ckernels_curve_point *order,
                 const ckernels_part_runner *runner) {
  block_source source = {knn, points, order};
  const size_t parts = (knn->block_count + blocks_per_part - 1) / blocks_per_part;
  if (!ckernels_run_parts(runner, parts, fill_part, &source)) return false;
  for (size_t level = 1; level < knn->level_count; level++)
    bound_children(knn, level, 0, knn->node_counts[level - 1]);
  return true;
}

static void note_first_codes(ckernels_knn *knn, const ckernels_curve_point *order) {
  for (size_t block = 0; block < knn->block_count; block++)
    knn->first_codes[block] = order[block * fanout].code;
}

/// Begins an index of so many points, with memory for them and for `scratch` bytes.
static bool begin(ckernels_knn *knn, const ckernels_variant *variant, size_t count,
                  size_t dimension_count, size_t scratch) {
  knn->variant = variant;
  knn->count = count;
  knn->dimension_count = dimension_count;
  knn->block_count = (count + fanout - 1) / fanout;
  return count == 0 || (place(knn) && ckernels_reserve(&knn->scratch, scratch));
}

/// Ends the making of an index.
static ckernels_knn_outcome finish(ckernels_knn *knn, ckernels_knn_outcome outcome) {
  if (outcome != ckernels_knn_built) knn->count = 0;
  if (knn->scratch.count > kept_scratch) {
    free(knn->scratch.bytes);
    knn->scratch = (ckernels_buffer){0};
  }
  return outcome;
}

ckernels_knn_outcome ckernels_knn_build(ckernels_knn *knn, size_t count, size_t dimension_count,
                                        const float *points, const ckernels_part_runner *runner) {
  const bool is_countable = count <= INT32_MAX;
  if (!is_countable || !begin(knn, ckernels_current_variant(), count, dimension_count,
                              ckernels_curve_sort_bytes(count)))
    return finish(knn, ckernels_knn_out_of_memory);
  if (count == 0) return ckernels_knn_built;
  ckernels_curve_sort sort = {.runner = runner,
                              .variant = knn->variant,
                              .count = count,
                              .dimension_count = dimension_count,
                              .points = points};
  ckernels_place_curve_sort(&sort, knn->scratch.bytes);
  bool is_wanted = ckernels_sort_along_new_curve(&sort, &knn->curve);
  if (is_wanted) {
    note_first_codes(knn, sort.listed);
    is_wanted = ckernels_sort_within_cells(&sort) && fill(knn, points, sort.listed, runner);
  }
  return finish(knn, is_wanted ? ckernels_knn_built : ckernels_knn_abandoned);
}

/// Lists the points in the order of the first points of a finer index that they stand for, those that
/// stand for none last, with a bit for each that is listed.
static void list_coarser(const ckernels_knn *finer, size_t count, const int32_t *coarser_points,
                         ckernels_curve_point *listed, uint64_t *bits) {
  memset(bits, 0, (count + 63) / 64 * sizeof *bits);
  size_t next = 0;
  for (size_t i = 0; i < finer->count; i++) {
    const size_t block = i / fanout;
    const size_t point = (uint32_t)coarser_points[finer->blocks[block].index[i % fanout]];
    if (point >= count || bits[point / 64] >> point % 64 & 1) continue;
    bits[point / 64] |= (uint64_t)1 << point % 64;
    listed[next++] = (ckernels_curve_point){finer->first_codes[block], (uint32_t)point};
  }
  for (size_t point = 0; next < count; point++)
    if (!(bits[point / 64] >> point % 64 & 1))
      listed[next++] = (ckernels_curve_point){UINT64_MAX, (uint32_t)point};
}

ckernels_knn_outcome ckernels_knn_build_coarser(ckernels_knn *knn, const ckernels_knn *finer,
                                                size_t count, const float *points,
                                                const int32_t *coarser_points) {
  const size_t list_bytes = count * sizeof(ckernels_curve_point);
  const bool is_countable = count <= INT32_MAX;
  if (!is_countable || !begin(knn, finer->variant, count, finer->dimension_count,
                              list_bytes + (count + 63) / 64 * sizeof(uint64_t)))
    return finish(knn, ckernels_knn_out_of_memory);
  if (count == 0) return ckernels_knn_built;
  knn->curve = finer->curve;
  ckernels_curve_point *listed = knn->scratch.bytes;
  list_coarser(finer, count, coarser_points, listed, (uint64_t *)(listed + count));
  note_first_codes(knn, listed);
  // On this thread alone, which never abandons it.
  (void)fill(knn, points, listed, NULL);
  return finish(knn, ckernels_knn_built);
}

ckernels_knn *ckernels_knn_create(void) { return calloc(1, sizeof(ckernels_knn)); }

void ckernels_knn_destroy(ckernels_knn *knn) {
  if (!knn) return;
  free(knn->memory.bytes);
  free(knn->scratch.bytes);
  free(knn);
}
