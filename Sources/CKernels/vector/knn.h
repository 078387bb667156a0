// Exact nearest neighbors: a tree of bounding boxes, sixteen to a node, and sixteen queries at a time,
// which are next to each other and have most of their neighbors in common.
//
// A box is skipped only if it is farther than the threshold. Its distance is computed as that of a
// point is, from differences that are no larger, and rounding keeps the order: no point in it can be
// nearer.

enum { vectors_per_node = ckernels_knn_fanout / LANES };

/// What rounding may do to the square of a sum of distances, and more.
static const float rounding_margin = 1 + 0x1p-18f;
/// What underflow may do to it, and more.
static const float smallest_margin = 0x1p-120f;
/// How much larger than the last sphere, squared, the next one is hardly ever: for even points it then
/// holds half as many again.
static const float likely_growth = 1.5f;

INLINE float smaller_float(float a, float b) { return a < b ? a : b; }

typedef struct position {
  float x, y, z;
} position;

INLINE position position_of(const ckernels_knn_points *points, size_t lane) {
  return (position){points->x[lane], points->y[lane], points->z[lane]};
}

/// A box, or a position, which is its own box.
typedef struct bounds {
  position low, high;
} bounds;

/// The box around some lanes of a block. Where the first one has a coordinate that is no number, the
/// box has none along that axis either, and everything is near it.
INLINE bounds bounds_of(const ckernels_knn_points *points, size_t begin, size_t end) {
  bounds box = {position_of(points, begin), position_of(points, begin)};
  for (size_t lane = begin + 1; lane < end; lane++) {
    const position p = position_of(points, lane);
    box.low.x = p.x < box.low.x ? p.x : box.low.x;
    box.low.y = p.y < box.low.y ? p.y : box.low.y;
    box.low.z = p.z < box.low.z ? p.z : box.low.z;
    box.high.x = p.x > box.high.x ? p.x : box.high.x;
    box.high.y = p.y > box.high.y ? p.y : box.high.y;
    box.high.z = p.z > box.high.z ? p.z : box.high.z;
  }
  return box;
}

/// False where a coordinate is no number.
INLINE bool is_inside(const bounds *box, const bounds *other) {
  return box->low.x >= other->low.x && box->low.y >= other->low.y && box->low.z >= other->low.z &&
         box->high.x <= other->high.x && box->high.y <= other->high.y &&
         box->high.z <= other->high.z;
}

INLINE vector squared_length(vector dx, vector dy, vector dz) {
  // Not fused: every instruction set rounds alike.
  _Pragma("clang fp contract(off)") return (dx * dx + dy * dy) + dz * dz;
}

/// Squared distances from a position to as many points as there are lanes, from `first` on.
INLINE vector squared_distances(position from, const ckernels_knn_points *points, int first) {
  return squared_length(load(points->x + first) - splat(from.x),
                        load(points->y + first) - splat(from.y),
                        load(points->z + first) - splat(from.z));
}

/// How far as many intervals as there are lanes begin behind an interval, or it behind them.
INLINE vector gap(float low, float high, const float *lows, const float *highs) {
  return larger(larger(load(lows) - splat(high), splat(low) - load(highs)), zeros());
}

/// A search that goes on: the index, and which points it has found already.
typedef struct tree_search {
  const ckernels_knn *knn;
  position query;
  /// Only points behind this one in order are sought, if `is_later`.
  float last_squared;
  uint32_t last_index;
} tree_search;

/// The lanes less those of `last_lanes` whose index is above the last one.
INLINE uint32_t without_later(uint32_t lanes, uint32_t last_lanes, const uint32_t *indices,
                              uint32_t last_index) {
  for (uint32_t equal = lanes & last_lanes; equal; equal &= equal - 1) {
    const int lane = __builtin_ctz(equal);
    if (indices[lane] > last_index) lanes &= ~(1u << lane);
  }
  return lanes;
}

/// Collects the points of a block that may be among the nearest, with regard to the last index only
/// if `minds_ties`.
INLINE nearest_points search_block(const bool minds_ties, const bool is_later,
                                   nearest_points points, const tree_search *search,
                                   size_t number) {
  const ckernels_knn_points *block = &search->knn->blocks[number];
  UNROLL for (int o = 0; o < ckernels_knn_fanout; o += LANES) {
    const vector squared = squared_distances(search->query, block, o);
    uint32_t lanes = lanes_at_most(squared, splat(points.threshold));
    if (minds_ties && points.last_index != UINT32_MAX)
      lanes = without_later(lanes, lanes_at_most(splat(points.threshold), squared),
                            block->index + o, points.last_index);
    if (is_later)
      lanes &= ~without_later(lanes_at_most(squared, splat(search->last_squared)),
                              lanes_at_most(splat(search->last_squared), squared),
                              block->index + o, search->last_index);
    points = collect(points, lanes, squared, load((const float *)block->index + o));
  }
  return points;
}

/// Searches a block where few points are equally far; false where it turns out that many are.
INLINE bool search_listed(const int vectors, nearest_points *points, const tree_search *search,
                          size_t number) {
  *points = search_block(false, false, *points, search, number);
  if (points->count > points->capacity) *points = thin(vectors, *points);
  return points->count <= points->capacity;
}

/// Searches a block, however many points are equally far.
INLINE nearest_points search_any(const int vectors, const bool is_later, nearest_points points,
                                 const tree_search *search, size_t number) {
  points = search_block(true, is_later, points, search, number);
  return points.count > points.capacity ? narrow(vectors, points) : points;
}

/// A node of the tree; level 0 bounds blocks.
typedef struct tree_node {
  uint32_t level;
  size_t number;
} tree_node;

/// The children of a node whose boxes are no farther from a box than the threshold, and their squared
/// distances from it.
INLINE uint32_t near_children(const ckernels_knn *knn, tree_node node, const bounds *box,
                              float threshold, float *squared) {
  const ckernels_knn_node *boxes = &knn->nodes[node.level][node.number];
  uint32_t near = 0;
  UNROLL for (int o = 0; o < ckernels_knn_fanout; o += LANES) {
    const vector gaps =
        squared_length(gap(box->low.x, box->high.x, boxes->low_x + o, boxes->high_x + o),
                       gap(box->low.y, box->high.y, boxes->low_y + o, boxes->high_y + o),
                       gap(box->low.z, box->high.z, boxes->low_z + o, boxes->high_z + o));
    if (squared) store(squared + o, gaps);
    near |= lanes_at_most(gaps, splat(threshold)) << o;
  }
  const size_t below = node.level == 0 ? knn->block_count : knn->node_counts[node.level - 1];
  const size_t count = below - node.number * ckernels_knn_fanout;
  return count < ckernels_knn_fanout ? near & ((1u << count) - 1) : near;
}

/// Of sixteen listed boxes those that are no farther from a box than the threshold.
INLINE uint32_t near_listed(const ckernels_knn_boxes *boxes, size_t first, const bounds *box,
                            float threshold) {
  uint32_t near = 0;
  UNROLL for (int v = 0; v < vectors_per_node; v++) {
    const size_t o = first + (size_t)v * LANES;
    const vector gaps =
        squared_length(gap(box->low.x, box->high.x, boxes->low_x + o, boxes->high_x + o),
                       gap(box->low.y, box->high.y, boxes->low_y + o, boxes->high_y + o),
                       gap(box->low.z, box->high.z, boxes->low_z + o, boxes->high_z + o));
    near |= lanes_at_most(gaps, splat(threshold)) << (v * LANES);
  }
  const size_t count = boxes->count - first;
  return count < ckernels_knn_fanout ? near & ((1u << count) - 1) : near;
}

/// Adds the children of a node that `lanes` names to a list; there is room for sixteen.
INLINE void list_children(const ckernels_knn *knn, tree_node node, uint32_t lanes,
                          ckernels_knn_boxes *boxes) {
  const ckernels_knn_node *children = &knn->nodes[node.level][node.number];
  UNROLL for (int o = 0; o < ckernels_knn_fanout; o += LANES) {
    const uint32_t some = lanes >> o & ((1u << LANES) - 1);
    const size_t to = boxes->count;
    pack_lanes(boxes->low_x + to, some, load(children->low_x + o));
    pack_lanes(boxes->low_y + to, some, load(children->low_y + o));
    pack_lanes(boxes->low_z + to, some, load(children->low_z + o));
    pack_lanes(boxes->high_x + to, some, load(children->high_x + o));
    pack_lanes(boxes->high_y + to, some, load(children->high_y + o));
    pack_lanes(boxes->high_z + to, some, load(children->high_z + o));
    const integers numbers = lane_numbers() + (int32_t)(node.number * ckernels_knn_fanout) + o;
    pack_lanes((float *)boxes->number + to, some, (vector)numbers);
    boxes->count += (size_t)__builtin_popcount(some);
  }
}

/// Lists the nodes of level 0 no farther from a box than a threshold; false where they are too many.
INLINE bool list_nodes(const ckernels_knn *knn, const bounds *box, float threshold,
                       ckernels_knn_boxes *boxes) {
  tree_node pending[ckernels_knn_level_limit * ckernels_knn_fanout];
  size_t pending_count = 1;
  pending[0] = (tree_node){(uint32_t)knn->level_count - 1, 0};
  boxes->count = 0;
  while (pending_count > 0) {
    const tree_node node = pending[--pending_count];
    uint32_t lanes = near_children(knn, node, box, threshold, NULL);
    if (node.level == 1) {
      if (boxes->count + ckernels_knn_fanout > ckernels_knn_box_limit) return false;
      list_children(knn, node, lanes, boxes);
      continue;
    }
    for (; lanes; lanes &= lanes - 1)
      pending[pending_count++] = (tree_node){
          node.level - 1, node.number * ckernels_knn_fanout + (size_t)__builtin_ctz(lanes)};
  }
  return true;
}

/// Lists the blocks of listed nodes that are no farther from a box than a threshold; false where they
/// are too many.
INLINE bool list_blocks(const ckernels_knn *knn, const ckernels_knn_boxes *nodes, const bounds *box,
                        float threshold, ckernels_knn_boxes *boxes) {
  boxes->count = 0;
  for (size_t i = 0; i < nodes->count; i += ckernels_knn_fanout) {
    for (uint32_t near = near_listed(nodes, i, box, threshold); near; near &= near - 1) {
      const tree_node node = {0, nodes->number[i + (size_t)__builtin_ctz(near)]};
      if (boxes->count + ckernels_knn_fanout > ckernels_knn_box_limit) return false;
      list_children(knn, node, near_children(knn, node, box, threshold, NULL), boxes);
    }
  }
  return true;
}

/// Searches listed blocks; false where too many points are equally far.
INLINE bool search_blocks(const int vectors, nearest_points *points, const tree_search *search,
                          const ckernels_knn_boxes *blocks) {
  const bounds box = {search->query, search->query};
  // First all that are near enough, so that the loop over them ends once.
  uint32_t near[ckernels_knn_box_limit + ckernels_knn_fanout];
  size_t near_count = 0;
  for (size_t i = 0; i < blocks->count; i += ckernels_knn_fanout) {
    const uint32_t lanes = near_listed(blocks, i, &box, points->threshold);
    UNROLL for (int o = 0; o < ckernels_knn_fanout; o += LANES) {
      const uint32_t some = lanes >> o & ((1u << LANES) - 1);
      pack_lanes((float *)near + near_count, some, load((const float *)blocks->number + i + o));
      near_count += (size_t)__builtin_popcount(some);
    }
  }
  for (size_t i = 0; i < near_count; i++)
    if (!search_listed(vectors, points, search, near[i])) return false;
  return true;
}

/// Searches the blocks of listed nodes; false where too many points are equally far.
INLINE bool search_nodes(const int vectors, nearest_points *points, const tree_search *search,
                         const ckernels_knn_boxes *nodes) {
  const bounds box = {search->query, search->query};
  for (size_t i = 0; i < nodes->count; i += ckernels_knn_fanout) {
    uint32_t near = near_listed(nodes, i, &box, points->threshold);
    for (; near; near &= near - 1) {
      const tree_node node = {0, nodes->number[i + (size_t)__builtin_ctz(near)]};
      uint32_t lanes = near_children(search->knn, node, &box, points->threshold, NULL);
      const size_t first = node.number * ckernels_knn_fanout;
      for (; lanes; lanes &= lanes - 1)
        if (!search_listed(vectors, points, search, first + (size_t)__builtin_ctz(lanes)))
          return false;
    }
  }
  return true;
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

/// The lanes less those of children as far as the threshold whose points all have an index above the
/// last one.
INLINE uint32_t without_later_children(const ckernels_knn *knn, tree_node node, uint32_t lanes,
                                       const float *squared, const nearest_points *points) {
  uint32_t last_lanes = 0;
  for (int lane = 0; lane < ckernels_knn_fanout; lane++)
    last_lanes |= (uint32_t)(squared[lane] >= points->threshold) << lane;
  return without_later(lanes, last_lanes, knn->nodes[node.level][node.number].lowest_index,
                       points->last_index);
}

/// Nodes that wait for their turn, the next one last, and how far they are.
typedef struct pending_nodes {
  size_t count;
  tree_node nodes[ckernels_knn_level_limit * ckernels_knn_fanout];
  float squared[ckernels_knn_level_limit * ckernels_knn_fanout];
} pending_nodes;

INLINE void push_child(pending_nodes *pending, tree_node node, int lane, float squared) {
  pending->nodes[pending->count] =
      (tree_node){node.level - 1, node.number * ckernels_knn_fanout + (size_t)lane};
  pending->squared[pending->count++] = squared;
}

/// Searches a block, and then whatever else is near enough, from the root on, what is nearest first.
INLINE nearest_points search_tree(const int vectors, const bool is_later, nearest_points points,
                                  const tree_search *search, size_t near_block) {
  const bounds box = {search->query, search->query};
  pending_nodes pending;
  pending.count = 1;
  pending.nodes[0] = (tree_node){(uint32_t)search->knn->level_count - 1, 0};
  pending.squared[0] = 0;
  points = search_any(vectors, is_later, points, search, near_block);
  while (pending.count > 0) {
    const tree_node node = pending.nodes[--pending.count];
    if (pending.squared[pending.count] > points.threshold) continue;
    float squared[ckernels_knn_fanout];
    uint32_t lanes = near_children(search->knn, node, &box, points.threshold, squared);
    if (points.last_index != UINT32_MAX)
      lanes = without_later_children(search->knn, node, lanes, squared, &points);
    const size_t first = node.number * ckernels_knn_fanout;
    if (node.level == 0 && near_block / ckernels_knn_fanout == node.number)
      lanes &= ~(1u << near_block % ckernels_knn_fanout);
    if (!lanes) continue;
    const int nearest = nearest_lane(lanes, squared);
    if (node.level == 0)
      points = search_any(vectors, is_later, points, search, first + (size_t)nearest);
    for (lanes &= ~(1u << nearest); lanes; lanes &= lanes - 1) {
      const int lane = __builtin_ctz(lanes);
      if (node.level > 0)
        push_child(&pending, node, lane, squared[lane]);
      else if (squared[lane] <= points.threshold)
        points = search_any(vectors, is_later, points, search, first + (size_t)lane);
    }
    if (node.level > 0) push_child(&pending, node, nearest, squared[nearest]);
  }
  return points;
}

/// Distances that bound neighborhoods of queries, one lane for each query: the k nearest points of the
/// query are no farther. Infinity where the query has not been answered.
typedef struct query_radii {
  vector lanes[vectors_per_node];
} query_radii;

/// The squared radius of a sphere around a position that holds k points.
///
/// Around each query that was answered is such a sphere; one that encloses it is around the position.
INLINE float squared_bound(position from, const ckernels_knn_points *queries,
                           const query_radii *radii) {
  vector least = splat(INFINITY);
  UNROLL for (int v = 0; v < vectors_per_node; v++) {
    const vector distance = square_root(squared_distances(from, queries, v * LANES));
    // Second, so that no NaN takes its place.
    least = smaller(distance + radii->lanes[v], least);
  }
  const float radius = least_lane(least);
  return radius * radius * rounding_margin + smallest_margin;
}

/// The squared radius of a sphere around any of the queries at `begin ..< end` that holds k points,
/// where one around one of them, in the center, has some radius.
INLINE float squared_reach(position center, const ckernels_knn_points *queries, size_t begin,
                           size_t end, float radius) {
  vector farthest = zeros();
  UNROLL for (int o = 0; o < ckernels_knn_fanout; o += LANES) {
    const integers lane = lane_numbers() + o;
    const integers counts = (lane >= (int32_t)begin) & (lane < (int32_t)end);
    const vector squared = squared_distances(center, queries, o);
    farthest = larger(choose_lanes(counts, squared, zeros()), farthest);
  }
  const float reach = square_root(splat(greatest_lane(farthest)))[0] + radius;
  return reach * reach * rounding_margin + smallest_margin;
}

/// Makes the area of a search large enough for queries in a box and next to it, if it is not; false
/// where that would take too many nodes.
INLINE bool enlarge_area(const ckernels_knn *knn, const bounds *box, float threshold,
                         ckernels_knn_recent *recent) {
  bounds area = {{recent->low[0], recent->low[1], recent->low[2]},
                 {recent->high[0], recent->high[1], recent->high[2]}};
  if (threshold <= recent->threshold && is_inside(box, &area)) return true;
  const float margin = square_root(splat(threshold))[0];
  const float low[3] = {box->low.x - margin, box->low.y - margin, box->low.z - margin};
  const float high[3] = {box->high.x + margin, box->high.y + margin, box->high.z + margin};
  area = (bounds){{low[0], low[1], low[2]}, {high[0], high[1], high[2]}};
  memcpy(recent->low, low, sizeof low);
  memcpy(recent->high, high, sizeof high);
  recent->threshold = 2 * threshold;
  if (list_nodes(knn, &area, recent->threshold, &recent->nodes)) return is_inside(box, &area);
  recent->threshold = -1;
  return false;
}

/// Fetches the rows of results of a request's lanes, which lie anywhere, before they are written.
INLINE void fetch_rows(const ckernels_knn_request *request) {
  const size_t last = request->k - 1;
  for (size_t lane = request->begin; lane < request->end; lane++) {
    const size_t row = request->queries->index[lane] * request->k;
    __builtin_prefetch(request->indices + row, 1);
    __builtin_prefetch(request->indices + row + last, 1);
    if (!request->squared_distances) continue;
    __builtin_prefetch(request->squared_distances + row, 1);
    __builtin_prefetch(request->squared_distances + row + last, 1);
  }
}

INLINE nearest_points no_points(const int vectors, size_t k, float threshold, point_list *list) {
  // One more block may exceed it.
  const size_t capacity = vectors * LANES > 16 ? nearest_limit - ckernels_knn_fanout : 128;
  return (nearest_points){.k = k,
                          .capacity = capacity,
                          .threshold = threshold,
                          .last_index = UINT32_MAX,
                          .list = list};
}

/// What the lanes of a request have in common while they are answered.
typedef struct lanes_search {
  const ckernels_knn *knn;
  const ckernels_knn_request *request;
  query_radii radii;
  /// The squared radius of the lane that was answered last.
  float last_squared;
  point_list list;
} lanes_search;

/// Searches the listed blocks, or else the listed nodes; false where there are none, or where too many
/// points are equally far.
INLINE bool search_lists(const int vectors, nearest_points *points, const tree_search *search,
                         const ckernels_knn_boxes *blocks, const ckernels_knn_boxes *nodes) {
  if (blocks) return search_blocks(vectors, points, search, blocks);
  return nodes && search_nodes(vectors, points, search, nodes);
}

/// Answers one lane, whose neighbors are no farther than `bound`, squared: from listed blocks, or else
/// from listed nodes, which may be none, or from the whole tree. Returns their radius.
///
/// What is certain is far more than what is likely: first a sphere is searched that is little larger
/// than the last one. If k points are in it, no other ones are nearer.
INLINE float answer_lane(const int vectors, lanes_search *lanes, size_t lane, float bound,
                         const ckernels_knn_boxes *blocks, const ckernels_knn_boxes *nodes) {
  const ckernels_knn_request *request = lanes->request;
  const tree_search search = {.knn = lanes->knn, .query = position_of(request->queries, lane)};
  const float likely = smaller_float(likely_growth * lanes->last_squared, bound);
  nearest_points points = no_points(vectors, request->k, likely, &lanes->list);
  bool is_found = search_lists(vectors, &points, &search, blocks, nodes);
  if (points.count < request->k && likely < bound) {
    points = no_points(vectors, request->k, bound, &lanes->list);
    is_found = search_lists(vectors, &points, &search, blocks, nodes);
  }
  if (!is_found) {
    points = no_points(vectors, request->k, bound, &lanes->list);
    points = search_tree(vectors, false, points, &search, request->near_block);
  }
  const size_t row = request->queries->index[lane] * request->k;
  const float squared = write_nearest(
      vectors, points, request->indices + row,
      request->squared_distances ? request->squared_distances + row : NULL);
  const vector radius = square_root(splat(squared));
  UNROLL for (int v = 0; v < vectors_per_node; v++)
    lanes->radii.lanes[v] = choose_lanes(lane_numbers() + v * LANES == (int32_t)lane, radius,
                                         lanes->radii.lanes[v]);
  lanes->last_squared = squared;
  return radius[0];
}

/// Answers the lanes of a request for at most `vectors` vectors of neighbors.
///
/// The first one, in the middle, bounds the neighborhoods of all others, and with that the blocks in
/// which any of them can have neighbors. From there one after the other, in both directions, bounds
/// the next one's. Where that takes too many blocks, since the curve has come from far away in
/// between, the lanes before and behind the middle are answered each for themselves.
INLINE void search_lanes(const int vectors, const ckernels_knn *knn,
                         const ckernels_knn_request *request) {
  lanes_search lanes;
  lanes.knn = knn;
  lanes.request = request;
  lanes.last_squared = request->recent->last_squared;
  ckernels_knn_boxes blocks;
  ckernels_knn_recent *recent = request->recent;
  const ckernels_knn_points *queries = request->queries;
  query_radii recent_radii;
  UNROLL for (int v = 0; v < vectors_per_node; v++) {
    lanes.radii.lanes[v] = splat(INFINITY);
    recent_radii.lanes[v] = load(recent->radii + v * LANES);
  }
  fetch_rows(request);
  struct {
    size_t begin, end;
  } parts[ckernels_knn_fanout] = {{request->begin, request->end}};
  for (size_t part_count = 1; part_count > 0;) {
    const size_t begin = parts[--part_count].begin, end = parts[part_count].end;
    if (begin == end) continue;
    const size_t central = (begin + end) / 2;
    const position center = position_of(queries, central);
    const bounds box = bounds_of(queries, begin, end);
    const float bound = smaller_float(
        smaller_float(squared_bound(center, &recent->queries, &recent_radii),
                      squared_bound(center, queries, &lanes.radii)),
        request->squared_radius);
    const bool has_nodes = bound < INFINITY && enlarge_area(knn, &box, bound, recent);
    const float radius =
        answer_lane(vectors, &lanes, central, bound, NULL, has_nodes ? &recent->nodes : NULL);
    const float reach = smaller_float(squared_reach(center, queries, begin, end, radius),
                                      request->squared_radius);
    if (enlarge_area(knn, &box, reach, recent) &&
        list_blocks(knn, &recent->nodes, &box, reach, &blocks)) {
      for (size_t i = begin + 1; i < end; i++) {
        const size_t lane = i <= central ? begin + central - i : i;
        const float next = smaller_float(
            squared_bound(position_of(queries, lane), queries, &lanes.radii),
            request->squared_radius);
        answer_lane(vectors, &lanes, lane, next, &blocks, NULL);
      }
    } else {
      parts[part_count].begin = central + 1;
      parts[part_count++].end = end;
      parts[part_count].begin = begin;
      parts[part_count++].end = central;
    }
  }
  recent->queries = *queries;
  recent->last_squared = lanes.last_squared;
  UNROLL for (int v = 0; v < vectors_per_node; v++)
    store(recent->radii + v * LANES, lanes.radii.lanes[v]);
}

/// Answers the lanes of a request for more neighbors than one pass over the tree finds.
SEPARATE void search_in_passes(const ckernels_knn *knn, const ckernels_knn_request *request) {
  point_list list;
  for (size_t lane = request->begin; lane < request->end; lane++) {
    tree_search search = {
        .knn = knn, .query = position_of(request->queries, lane), .last_squared = -1};
    for (size_t first = 0; first < request->k; first += ckernels_knn_pass_limit) {
      const size_t rest = request->k - first;
      const size_t k = rest < ckernels_knn_pass_limit ? rest : ckernels_knn_pass_limit;
      nearest_points points = no_points(ckernels_knn_pass_limit / LANES, k,
                                        request->squared_radius, &list);
      points = search_tree(ckernels_knn_pass_limit / LANES, true, points, &search,
                           request->near_block);
      int32_t *indices = request->indices + request->queries->index[lane] * request->k + first;
      float *squared = request->squared_distances
                           ? request->squared_distances + (indices - request->indices)
                           : NULL;
      search.last_squared = write_nearest(ckernels_knn_pass_limit / LANES, points, indices, squared);
      search.last_index = (uint32_t)indices[k - 1];
    }
  }
}

#define SEARCH_LANES(limit) \
  SEPARATE void search_lanes_##limit(const ckernels_knn *knn, \
                                     const ckernels_knn_request *request) { \
    search_lanes(limit / LANES, knn, request); \
  }
SEARCH_LANES(16)
SEARCH_LANES(32)
SEARCH_LANES(64)
#undef SEARCH_LANES

static void knn_search(const ckernels_knn *knn, const ckernels_knn_request *request) {
  if (request->k <= 16)
    search_lanes_16(knn, request);
  else if (request->k <= 32)
    search_lanes_32(knn, request);
  else if (request->k <= ckernels_knn_pass_limit)
    search_lanes_64(knn, request);
  else
    search_in_passes(knn, request);
}
