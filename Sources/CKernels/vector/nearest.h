// The k nearest of some points: all that may be among them are collected, then each goes to the
// place that its rank tells, which is the number of points nearer than itself.

enum {
  /// The most points that are collected.
  nearest_limit = 256,
  /// Rooms behind the last point, up to which packing and padding may write.
  nearest_padding = 32,
};

/// Points: squared distances, indices, and numbers of points before each.
typedef struct point_list {
  float squared[nearest_limit + nearest_padding];
  uint32_t index[nearest_limit + nearest_padding];
  int32_t rank[nearest_limit];
} point_list;

/// Points that may be among the k nearest ones.
///
/// Passed by value, so that what changes with every block of points stays in registers.
typedef struct nearest_points {
  size_t count, k;
  /// How many are collected before those that are too far are dropped.
  size_t capacity;
  /// No point farther than this is among the k nearest ones, nor one as far with an index above the
  /// last one.
  float threshold;
  uint32_t last_index;
  point_list *list;
} nearest_points;

/// Where a rank has put the numbers of points.
typedef struct point_order {
  uint8_t number[nearest_limit + 1];
} point_order;

/// What is no number of a point.
enum { no_number = 255 };

INLINE integers lane_numbers(void) {
  integers a;
  UNROLL for (int l = 0; l < LANES; l++) a[l] = l;
  return a;
}

INLINE float least_lane(vector a) {
  UNROLL for (int distance = LANES / 2; distance > 0; distance /= 2)
    a = smaller(a, permute(a, lane_numbers() ^ distance));
  return a[0];
}

INLINE float greatest_lane(vector a) {
  UNROLL for (int distance = LANES / 2; distance > 0; distance /= 2)
    a = larger(a, permute(a, lane_numbers() ^ distance));
  return a[0];
}

/// One bit for each lane that holds one of the points from `first` on.
INLINE uint32_t point_lanes(nearest_points points, size_t first) {
  return points.count - first < LANES ? (1u << (points.count - first)) - 1 : UINT32_MAX;
}

/// Adds the lanes of two vectors that `lanes` names.
INLINE nearest_points collect(nearest_points points, uint32_t lanes, vector squared, vector index) {
  pack_lanes(points.list->squared + points.count, lanes, squared);
  pack_lanes((float *)points.list->index + points.count, lanes, index);
  points.count += (size_t)__builtin_popcount(lanes);
  return points;
}

/// Drops points that are not among the nearest `vectors` vectors of points, though not all of them;
/// there are more.
INLINE nearest_points thin(const int vectors, nearest_points points) {
  // The least of each lane, ascending: as many of each lane are in the last one or below.
  vector least[ckernels_knn_pass_limit / LANES];
  UNROLL for (int v = 0; v < vectors; v++) least[v] = splat(INFINITY);
  for (size_t i = 0; i + LANES <= points.count; i += LANES) {
    vector squared = load(points.list->squared + i);
    UNROLL for (int v = 0; v < vectors; v++) {
      const vector lower = smaller(squared, least[v]);
      squared = larger(squared, least[v]);
      least[v] = lower;
    }
  }
  nearest_points kept = points;
  kept.threshold = greatest_lane(least[vectors - 1]);
  if (kept.threshold < points.threshold) kept.last_index = UINT32_MAX;
  kept.count = 0;
  for (size_t i = 0; i < points.count; i += LANES) {
    const vector squared = load(points.list->squared + i);
    const vector index = load((const float *)points.list->index + i);
    const uint32_t near = lanes_at_most(squared, splat(kept.threshold));
    kept = collect(kept, near & point_lanes(points, i), squared, index);
  }
  return kept;
}

/// Puts points behind the last one, up to `limit`, that are farther than all others.
INLINE void pad(nearest_points points, size_t limit) {
  const integers none = lane_numbers() | INT32_MAX;
  for (size_t i = points.count; i < limit; i += LANES) {
    store(points.list->squared + i, splat(INFINITY));
    store((float *)points.list->index + i, (vector)none);
  }
}

/// The numbers of points by distance, and with equal distances by index if `is_exact`; otherwise some
/// of these are left out. `limit` is a multiple of sixteen and no less than the number of points.
INLINE void rank(const size_t limit, const bool is_exact, nearest_points points,
                 point_order *order) {
  point_list *list = points.list;
  pad(points, limit);
  for (size_t first = 0; first < limit; first += LANES) {
    const vector squared = load(list->squared + first);
    const integers index = (integers)load((const float *)list->index + first);
    integers ranks = {0};
    _Pragma("clang loop unroll_count(16)") for (size_t i = 0; i < limit; i++) {
      const vector other = splat(list->squared[i]);
      ranks = count_less(ranks, other, squared);
      if (is_exact) ranks -= (other == squared) & ((int32_t)list->index[i] < index);
    }
    store((float *)list->rank + first, (vector)ranks);
  }
  _Pragma("clang loop unroll_count(16)") for (size_t i = 0; i < limit; i++)
    order->number[list->rank[i]] = (uint8_t)i;
}

SEPARATE void rank_exactly(nearest_points points, point_order *order) {
  rank((points.count + 15) / 16 * 16, true, points, order);
}

SEPARATE void rank_many(nearest_points points, point_order *order) {
  rank((points.count + 15) / 16 * 16, false, points, order);
}

/// The numbers of the points before `places` in order.
INLINE void rank_first(nearest_points points, size_t places, point_order *order) {
  memset(order, no_number, sizeof *order);
  if (points.count <= 32)
    rank(32, false, points, order);
  else
    rank_many(points, order);
  uint32_t is_left_out = 0;
  for (size_t i = 0; i < places; i++) is_left_out |= order->number[i] >= points.count;
  if (is_left_out) rank_exactly(points, order);
}

/// Keeps the k nearest points and no others.
SEPARATE nearest_points keep_nearest(nearest_points points) {
  point_order order;
  point_list kept;
  rank_exactly(points, &order);
  for (size_t i = 0; i < points.k; i++) {
    kept.squared[i] = points.list->squared[order.number[i]];
    kept.index[i] = points.list->index[order.number[i]];
  }
  memcpy(points.list->squared, kept.squared, points.k * sizeof *kept.squared);
  memcpy(points.list->index, kept.index, points.k * sizeof *kept.index);
  points.count = points.k;
  points.threshold = kept.squared[points.k - 1];
  points.last_index = kept.index[points.k - 1];
  return points;
}

/// Makes room for more points, even where all are equally far.
INLINE nearest_points narrow(const int vectors, nearest_points points) {
  points = thin(vectors, points);
  return points.count > points.capacity - nearest_padding ? keep_nearest(points) : points;
}

/// Writes the nearest point, of equals the one with the lowest index, or -1 and infinity; its squared
/// distance.
INLINE float write_first(nearest_points points, int32_t *index, float *squared_distance) {
  const point_list *list = points.list;
  pad(points, points.count + 1);
  vector least = splat(INFINITY);
  for (size_t i = 0; i < points.count; i += LANES) least = smaller(load(list->squared + i), least);
  const float squared = least_lane(least);
  uint32_t first = UINT32_MAX;
  for (size_t i = 0; i < points.count; i += LANES) {
    uint32_t lanes = lanes_at_most(load(list->squared + i), splat(squared)) & point_lanes(points, i);
    for (; lanes; lanes &= lanes - 1) {
      const uint32_t other = list->index[i + (size_t)__builtin_ctz(lanes)];
      first = other < first ? other : first;
    }
  }
  *index = (int32_t)first;
  if (squared_distance) *squared_distance = squared;
  return squared;
}

/// Writes the nearest points, then -1 and infinity where there are less than k; the squared distance
/// of the last one.
INLINE float write_nearest(const int vectors, nearest_points points, int32_t *indices,
                           float *squared_distances) {
  const size_t k = points.k;
  if (k == 1) return write_first(points, indices, squared_distances);
  if (points.count > 32 && points.count > (size_t)vectors * LANES)
    points = thin(vectors, points);
  const size_t count = points.count < k ? points.count : k;
  point_order order;
  // What is behind the last one tells whether it is the only one of its distance.
  rank_first(points, points.count > k ? k + 1 : count, &order);
  for (size_t i = 0; i < count; i++)
    indices[i] = (int32_t)points.list->index[order.number[i]];
  if (squared_distances)
    for (size_t i = 0; i < count; i++)
      squared_distances[i] = points.list->squared[order.number[i]];
  for (size_t i = count; i < k; i++) {
    indices[i] = -1;
    if (squared_distances) squared_distances[i] = INFINITY;
  }
  return count == k ? points.list->squared[order.number[k - 1]] : INFINITY;
}
