// Exact nearest neighbors: a tree of bounding boxes, sixteen to a node, and the best keys so far in
// registers, sorted.
//
// A box is skipped only if it is farther than the worst of the best keys. Its distance is computed
// as that of a point is, from differences that are no larger, and rounding keeps the order: no point
// in it can be nearer.

enum { pair_lanes = LANES / 2, vectors_per_node = ckernels_knn_fanout / LANES };

typedef double unaligned_keys __attribute__((vector_size(4 * LANES), aligned(8)));

INLINE keys splat_key(double key) {
  keys a;
  UNROLL for (int l = 0; l < pair_lanes; l++) a[l] = key;
  return a;
}

/// The lanes of b, each one further, behind the last lane of a.
INLINE keys shift_in(keys a, keys b) {
#if LANES == 16
  return __builtin_shufflevector(a, b, 7, 8, 9, 10, 11, 12, 13, 14);
#elif LANES == 8
  return __builtin_shufflevector(a, b, 3, 4, 5, 6);
#else
  return __builtin_shufflevector(a, b, 1, 2);
#endif
}

/// The best keys so far: `vectors` vectors, ascending. Slots that k does not need come first and
/// hold less than any key, so that the worst key is always in the last lane.
typedef struct best_keys {
  keys sorted[ckernels_knn_pass_limit / pair_lanes];
  double worst;
  float threshold;
  /// Keys up to this one were found by an earlier pass.
  double above;
} best_keys;

INLINE void insert(const int vectors, best_keys *best, double key) {
  const keys inserted = splat_key(key);
  UNROLL for (int v = vectors - 1; v >= 0; v--) {
    // max(previous, min(this, key)): what is larger moves one lane on.
    const keys previous = shift_in(v > 0 ? best->sorted[v - 1] : splat_key(-1), best->sorted[v]);
    best->sorted[v] = larger_keys(previous, smaller_keys(best->sorted[v], inserted));
  }
  best->worst = best->sorted[vectors - 1][pair_lanes - 1];
  best->threshold = ckernels_knn_key_distance(best->worst);
}

INLINE vector squared_length(vector dx, vector dy, vector dz) {
  // Not fused: every instruction set rounds alike.
  _Pragma("clang fp contract(off)") return (dx * dx + dy * dy) + dz * dz;
}

INLINE void search_block(const int vectors, const ckernels_knn_request *q,
                         const ckernels_knn_points *block, best_keys *best) {
  float squared[ckernels_knn_fanout];
  uint32_t candidates = 0;
  UNROLL for (int v = 0; v < vectors_per_node; v++) {
    const vector distance = squared_length(load(block->x + v * LANES) - splat(q->x),
                                           load(block->y + v * LANES) - splat(q->y),
                                           load(block->z + v * LANES) - splat(q->z));
    store(squared + v * LANES, distance);
    candidates |= lanes_at_most(distance, splat(best->threshold)) << (v * LANES);
  }
  for (; candidates; candidates &= candidates - 1) {
    const int lane = __builtin_ctz(candidates);
    const double key = ckernels_knn_key(squared[lane], block->index[lane]);
    if (key < best->worst && key > best->above) insert(vectors, best, key);
  }
}

/// Distances from a query to the boxes of a node's children, and which of them are near enough.
INLINE uint32_t near_children(const ckernels_knn_node *node, size_t child_count, float x, float y,
                              float z, float threshold, float *squared) {
  uint32_t near = 0;
  UNROLL for (int v = 0; v < vectors_per_node; v++) {
    const int o = v * LANES;
    const vector dx = larger(larger(load(node->low_x + o) - splat(x),
                                    splat(x) - load(node->high_x + o)), zeros());
    const vector dy = larger(larger(load(node->low_y + o) - splat(y),
                                    splat(y) - load(node->high_y + o)), zeros());
    const vector dz = larger(larger(load(node->low_z + o) - splat(z),
                                    splat(z) - load(node->high_z + o)), zeros());
    const vector distance = squared_length(dx, dy, dz);
    store(squared + o, distance);
    near |= lanes_at_most(distance, splat(threshold)) << o;
  }
  return child_count < ckernels_knn_fanout ? near & ((1u << child_count) - 1) : near;
}

INLINE size_t knn_child_count(const ckernels_knn *knn, size_t level, size_t node) {
  const size_t below = level == 0 ? knn->block_count : knn->node_counts[level - 1];
  return below - node * ckernels_knn_fanout;
}

/// The lane of the least value among the lanes that `lanes` names, at least one.
INLINE int nearest_lane(uint32_t lanes, const float *squared) {
  int nearest = __builtin_ctz(lanes);
  for (lanes &= lanes - 1; lanes; lanes &= lanes - 1) {
    const int lane = __builtin_ctz(lanes);
    if (squared[lane] < squared[nearest]) nearest = lane;
  }
  return nearest;
}

typedef struct pending_node {
  float squared;
  uint32_t level;
  size_t node;
} pending_node;

/// Searches the blocks of a node of level 0, the nearest one first.
INLINE void search_blocks(const int vectors, const ckernels_knn *knn, const ckernels_knn_request *q,
                          size_t node, uint32_t lanes, const float *squared, best_keys *best) {
  const ckernels_knn_points *blocks = knn->blocks + node * ckernels_knn_fanout;
  if (!lanes) return;
  const int nearest = nearest_lane(lanes, squared);
  search_block(vectors, q, blocks + nearest, best);
  for (lanes &= ~(1u << nearest); lanes; lanes &= lanes - 1) {
    const int lane = __builtin_ctz(lanes);
    if (squared[lane] <= best->threshold) search_block(vectors, q, blocks + lane, best);
  }
}

/// Nodes that wait for their turn, the next one last.
typedef struct pending_nodes {
  size_t count;
  pending_node nodes[ckernels_knn_level_limit * ckernels_knn_fanout];
} pending_nodes;

/// Adds the children of a node of level 1 or above, the nearest one last.
INLINE void push_children(pending_nodes *pending, size_t level, size_t node, uint32_t lanes,
                          const float *squared) {
  if (!lanes) return;
  const size_t first = node * ckernels_knn_fanout;
  const int nearest = nearest_lane(lanes, squared);
  for (lanes &= ~(1u << nearest); lanes; lanes &= lanes - 1) {
    const int lane = __builtin_ctz(lanes);
    pending->nodes[pending->count++] =
        (pending_node){squared[lane], (uint32_t)level - 1, first + (size_t)lane};
  }
  pending->nodes[pending->count++] =
      (pending_node){squared[nearest], (uint32_t)level - 1, first + (size_t)nearest};
}

INLINE void search_pending(const int vectors, const ckernels_knn *knn,
                           const ckernels_knn_request *q, pending_nodes *pending,
                           best_keys *best) {
  while (pending->count > 0) {
    const pending_node next = pending->nodes[--pending->count];
    if (next.squared > best->threshold) continue;
    float squared[ckernels_knn_fanout];
    const uint32_t lanes = near_children(&knn->nodes[next.level][next.node],
                                         knn_child_count(knn, next.level, next.node), q->x, q->y,
                                         q->z, best->threshold, squared);
    if (next.level == 0)
      search_blocks(vectors, knn, q, next.node, lanes, squared, best);
    else
      push_children(pending, next.level, next.node, lanes, squared);
  }
}

/// From the request's block up to the root, and down into whatever is near enough beside the path.
INLINE void search_tree(const int vectors, const ckernels_knn *knn, const ckernels_knn_request *q,
                        best_keys *best) {
  search_block(vectors, q, knn->blocks + q->block, best);
  size_t child = q->block;
  for (size_t level = 0; level < knn->level_count; level++) {
    const size_t node = child / ckernels_knn_fanout;
    float squared[ckernels_knn_fanout];
    const uint32_t near =
        near_children(&knn->nodes[level][node], knn_child_count(knn, level, node), q->x, q->y, q->z,
                      best->threshold, squared);
    const uint32_t lanes = near & ~(1u << child % ckernels_knn_fanout);
    if (level == 0) {
      search_blocks(vectors, knn, q, node, lanes, squared, best);
    } else {
      pending_nodes pending;
      pending.count = 0;
      push_children(&pending, level, node, lanes, squared);
      search_pending(vectors, knn, q, &pending, best);
    }
    child = node;
  }
}

/// Finds `count` neighbors whose keys follow `above`; the last of their keys.
INLINE double search_pass(const int vectors, const ckernels_knn *knn, const ckernels_knn_request *q,
                          size_t first, size_t count, double above) {
  double sorted[ckernels_knn_pass_limit];
  const size_t capacity = (size_t)vectors * pair_lanes;
  const double none = ckernels_knn_key(q->squared_radius, CKERNELS_KNN_NONE);
  for (size_t i = 0; i < capacity; i++) sorted[i] = i < capacity - count ? -1 : none;
  best_keys best = {.worst = none, .threshold = q->squared_radius, .above = above};
  UNROLL for (int v = 0; v < vectors; v++)
    best.sorted[v] = *(const unaligned_keys *)(sorted + v * pair_lanes);
  search_tree(vectors, knn, q, &best);
  UNROLL for (int v = 0; v < vectors; v++)
    *(unaligned_keys *)(sorted + v * pair_lanes) = best.sorted[v];
  ckernels_knn_write(q, first, count, sorted + capacity - count);
  return best.worst;
}

#define SEARCH_PASS(limit) \
  SEPARATE double search_pass_##limit(const ckernels_knn *knn, const ckernels_knn_request *q, \
                                      size_t first, size_t count, double above) { \
    return search_pass(limit / pair_lanes, knn, q, first, count, above); \
  }
SEARCH_PASS(16)
SEARCH_PASS(32)
SEARCH_PASS(64)
#undef SEARCH_PASS

static void knn_search(const ckernels_knn *knn, const ckernels_knn_request *q) {
  double above = -1;
  for (size_t first = 0; first < q->k; first += ckernels_knn_pass_limit) {
    const size_t remaining = q->k - first;
    if (remaining <= 16)
      above = search_pass_16(knn, q, first, remaining, above);
    else if (remaining <= 32)
      above = search_pass_32(knn, q, first, remaining, above);
    else
      above = search_pass_64(knn, q, first,
                             remaining < ckernels_knn_pass_limit ? remaining
                                                                 : ckernels_knn_pass_limit, above);
  }
}
