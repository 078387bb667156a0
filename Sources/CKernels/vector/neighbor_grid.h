// The nearest of a few dozen points in float64.
//
// A squared distance gives its lowest bits to the place of its point: one key, which moves through
// sorted registers with a minimum and a maximum. Where those bits would decide the order, the
// reference does it again.

typedef int64_t key_bits __attribute__((vector_size(4 * LANES)));

enum {
  place_bits = 12,
  /// Candidates that a key can tell apart.
  place_count = 1 << place_bits,
};

/// Above any squared distance that a key is made of.
static const double farthest_key = 0x1p1022;

INLINE keys load_keys(const double *p) { return *(const unaligned_keys *)p; }

INLINE void store_keys(double *p, keys a) { *(unaligned_keys *)p = a; }

INLINE int64_t bits_of_key(double key) {
  int64_t bits;
  memcpy(&bits, &key, sizeof bits);
  return bits;
}

/// The greatest key of the same distance.
INLINE double last_key(double key) {
  const int64_t bits = bits_of_key(key) | (place_count - 1);
  memcpy(&key, &bits, sizeof key);
  return key;
}

INLINE double largest_lane(keys a) {
  double largest = a[0];
  UNROLL for (int l = 1; l < pair_lanes; l++) largest = a[l] > largest ? a[l] : largest;
  return largest;
}

INLINE double smallest_lane(keys a) {
  double smallest = a[0];
  UNROLL for (int l = 1; l < pair_lanes; l++) smallest = a[l] < smallest ? a[l] : smallest;
  return smallest;
}

INLINE keys squared_distances_to(const ckernels_candidates *c, size_t i, const double *query) {
  // Not fused: every instruction set rounds alike.
  _Pragma("clang fp contract(off)")
  const keys dx = load_keys(c->x + i) - splat_key(query[0]);
  const keys dy = load_keys(c->y + i) - splat_key(query[1]);
  const keys dz = load_keys(c->z + i) - splat_key(query[2]);
  return (dx * dx + dy * dy) + dz * dz;
}

/// Keys of all candidates and their squared distances; a limit that the least of them, or at least
/// `vectors` vectors of them, do not exceed.
INLINE double make_keys(const int vectors, const bool is_least, const ckernels_candidates *c,
                        const double *query, double *distances, double *all) {
  // The least of each lane, ascending: as many of each lane are in the last one or below.
  keys least[ckernels_knn_pass_limit / pair_lanes];
  UNROLL for (int v = 0; v < vectors; v++) least[v] = splat_key(2 * farthest_key);
  key_bits place;
  UNROLL for (int l = 0; l < pair_lanes; l++) place[l] = l;
  for (size_t i = 0; i < c->count; i += pair_lanes) {
    const keys squared = squared_distances_to(c, i, query);
    store_keys(distances + i, squared);
    keys key = smaller_keys(squared, splat_key(farthest_key));
    key = (keys)(((key_bits)key & ~(int64_t)(place_count - 1)) | place);
    store_keys(all + i, key);
    place += pair_lanes;
    UNROLL for (int v = 0; v < vectors; v++) {
      const keys smaller = smaller_keys(least[v], key);
      key = larger_keys(least[v], key);
      least[v] = smaller;
    }
  }
  return is_least ? smallest_lane(least[0]) : largest_lane(least[vectors - 1]);
}

/// The keys up to a limit, to the front; how many they are.
INLINE size_t keep_keys(size_t count, double *all, double limit) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i += pair_lanes)
    kept += pack_keys_at_most(all + kept, load_keys(all + i), limit);
  return kept;
}

/// The first `capacity` of some keys, ascending, behind as many of -1 as there are keys missing.
INLINE void sort_keys(const int vectors, size_t count, const double *all, size_t k,
                      double *first) {
  keys sorted[ckernels_knn_pass_limit / pair_lanes];
  const size_t spare = (size_t)vectors * pair_lanes - k;
  for (size_t i = 0; i < k + spare; i++) first[i] = i < spare ? -1 : INFINITY;
  UNROLL for (int v = 0; v < vectors; v++) sorted[v] = load_keys(first + v * pair_lanes);
  for (size_t i = 0; i < count; i++) {
    const keys inserted = splat_key(all[i]);
    UNROLL for (int v = vectors - 1; v >= 0; v--) {
      // max(previous, min(this, key)): what is larger moves one lane on.
      const keys previous = shift_in(v > 0 ? sorted[v - 1] : splat_key(-1), sorted[v]);
      sorted[v] = larger_keys(previous, smaller_keys(sorted[v], inserted));
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) store_keys(first + v * pair_lanes, sorted[v]);
}

/// Whether no two of `k` ascending keys, nor the last of them and another one, are of one distance.
INLINE bool is_order_certain(size_t k, const double *first, size_t count, const double *all) {
  const double last = last_key(first[k - 1]);
  size_t within = 0;
  for (size_t i = 0; i < count; i++) within += all[i] <= last;
  int64_t is_equal = 0;
  for (size_t i = 1; i < k; i++)
    is_equal |= (bits_of_key(first[i]) ^ bits_of_key(first[i - 1])) < place_count;
  return within == k && !is_equal && last < farthest_key;
}

INLINE void nearest_of(const int vectors, const ckernels_candidates *c, const double *query,
                       size_t k, int32_t *indices, double *squared_distances) {
  double distances[place_count], all[place_count], first[ckernels_knn_pass_limit];
  const double limit = make_keys(vectors, k == 1, c, query, distances, all);
  const size_t count = keep_keys(c->count, all, last_key(limit));
  sort_keys(vectors, count, all, k, first);
  const double *nearest = first + (size_t)vectors * pair_lanes - k;
  if (!is_order_certain(k, nearest, count, all)) {
    ckernels_reference_nearest_candidates(c, query, k, indices, squared_distances);
    return;
  }
  for (size_t i = 0; i < k; i++) {
    const size_t place = (size_t)bits_of_key(nearest[i]) % place_count;
    indices[i] = (int32_t)c->index[place];
    squared_distances[i] = distances[place];
  }
}

#define NEAREST_OF(limit) \
  SEPARATE void nearest_of_##limit(const ckernels_candidates *c, const double *query, size_t k, \
                                   int32_t *indices, double *squared_distances) { \
    nearest_of(limit / pair_lanes, c, query, k, indices, squared_distances); \
  }

/// For k = 1.
SEPARATE void nearest_one(const ckernels_candidates *c, const double *query, int32_t *indices,
                          double *squared_distances) {
  nearest_of(1, c, query, 1, indices, squared_distances);
}
NEAREST_OF(8)
NEAREST_OF(16)
NEAREST_OF(32)
NEAREST_OF(64)
#undef NEAREST_OF

static void nearest_candidates(const ckernels_candidates *c, const double *query, size_t k,
                               int32_t *indices, double *squared_distances) {
  if (c->count > place_count)
    ckernels_reference_nearest_candidates(c, query, k, indices, squared_distances);
  else if (k == 1)
    nearest_one(c, query, indices, squared_distances);
  else if (k <= 8)
    nearest_of_8(c, query, k, indices, squared_distances);
  else if (k <= 16)
    nearest_of_16(c, query, k, indices, squared_distances);
  else if (k <= 32)
    nearest_of_32(c, query, k, indices, squared_distances);
  else
    nearest_of_64(c, query, k, indices, squared_distances);
}
