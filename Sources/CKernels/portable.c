// Vectors of 4 floats that every 64-bit processor has: SSE2, NEON, and the like.
#include "vector/prelude.h"

#define LANES 4
#if defined(__aarch64__)
#define PANEL_VECTORS 4
#else
#define PANEL_VECTORS 2
#endif
#define ROW_TILE 6
#define PARTS 2
#define FRACTION_BITS 0
#define VARIANT ckernels_variant_portable

typedef float vector __attribute__((vector_size(16)));
typedef int32_t integers __attribute__((vector_size(16)));

INLINE vector splat(float x) { return (vector){x, x, x, x}; }

/// a * b + c, rounded once where the processor can do that at once.
INLINE vector multiply_add(vector a, vector b, vector c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// The two floats at `p` in turn.
INLINE vector splat_parts(const float *p) { return (vector){p[0], p[1], p[0], p[1]}; }

/// The sums of each two lanes of `a` and `b`.
INLINE vector part_sums(vector a, vector b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

INLINE vector choose(integers mask, vector a, vector b) {
  return (vector)((mask & (integers)a) | (~mask & (integers)b));
}

/// The larger operand; `b` where either is NaN.
INLINE vector larger(vector a, vector b) { return choose(a > b, a, b); }

/// The smaller operand; `b` where either is NaN.
INLINE vector smaller(vector a, vector b) { return choose(a < b, a, b); }

INLINE vector square_root(vector a) { return __builtin_elementwise_sqrt(a); }

/// 1 / a; NaN for NaN.
INLINE vector reciprocal(vector a) { return splat(1) / a; }

/// a[index[lane]] in each lane.
INLINE vector permute(vector a, integers index) {
  return (vector){a[index[0] & 3], a[index[1] & 3], a[index[2] & 3], a[index[3] & 3]};
}

/// Eight floats in memory and what they are scaled by.
typedef struct octets {
  const float *p;
  float scale;
} octets;

/// The eight floats at `p`, scaled.
INLINE octets scaled_octets(const float *p, float scale) { return (octets){p, scale}; }

/// Vector `b` of those that hold each of the eight floats in eight lanes.
INLINE vector octet_lanes(octets a, const int b) { return splat(a.p[b / 2] * a.scale); }

/// Where `candidate` is less than `best`, makes it the best and `index` its index.
INLINE void keep_smaller(vector candidate, integers candidate_index, vector *best,
                         integers *index) {
  const integers less = candidate < *best;
  *index = (less & candidate_index) | (~less & *index);
  *best = smaller(candidate, *best);
}

/// The first `count` floats at `p`, zero in the other lanes, which are not read.
INLINE vector load_first(const float *p, size_t count) {
  vector a = {0};
  memcpy(&a, p, count * sizeof(float));
  return a;
}

/// Writes the first `count` lanes only.
INLINE void store_first(float *p, size_t count, vector a) { memcpy(p, &a, count * sizeof(float)); }

/// One bit for each lane of a condition.
INLINE uint32_t lanes_where(integers condition) {
  const integers bits = condition & (integers){1, 2, 4, 8};
  return (uint32_t)(bits[0] | bits[1] | bits[2] | bits[3]);
}

/// One bit for each lane of a that is at most b's.
INLINE uint32_t lanes_at_most(vector a, vector b) { return lanes_where(a <= b); }

/// One bit for each lane in which a and b have a bit in common.
INLINE uint32_t common_lanes(integers a, integers b) { return lanes_where((a & b) != 0); }

/// The counts, one more in each lane where a is less than b.
INLINE integers count_less(integers counts, vector a, vector b) { return counts - (a < b); }

/// Lanes of a where `condition` is set, of b elsewhere.
INLINE vector choose_lanes(integers condition, vector a, vector b) {
  return choose(condition, a, b);
}

/// Writes the lanes of a that `lanes` names, and anything up to a whole vector behind them.
INLINE void pack_lanes(float *p, uint32_t lanes, vector a) {
  UNROLL for (int l = 0; l < 4; l++) {
    *p = a[l];
    p += lanes >> l & 1;
  }
}

#include "vector/kernels.h"
