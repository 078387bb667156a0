// AVX2 with fused multiply-add: vectors of 8 floats.
#if defined(__x86_64__)

#include <immintrin.h>

#include "vector/prelude.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define LANES 8
#define PANEL_VECTORS 2
#define ROW_TILE 6
#define PARTS 2
#define FRACTION_BITS 3
#define VARIANT ckernels_variant_avx2

typedef float vector __attribute__((vector_size(32)));
typedef int32_t integers __attribute__((vector_size(32)));

INLINE vector splat(float x) { return _mm256_set1_ps(x); }

INLINE vector multiply_add(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }

/// The two floats at `p` in turn.
INLINE vector splat_parts(const float *p) {
  double pair;
  memcpy(&pair, p, sizeof pair);
  return (vector)_mm256_set1_pd(pair);
}

/// The sums of each two lanes of `a` and `b`.
INLINE vector part_sums(vector a, vector b) {
  const __m256 sums = _mm256_shuffle_ps(a, b, 0x88) + _mm256_shuffle_ps(a, b, 0xdd);
  return (vector)_mm256_permute4x64_pd((__m256d)sums, 0xd8);
}

/// The larger operand; `b` where either is NaN.
INLINE vector larger(vector a, vector b) { return _mm256_max_ps(a, b); }

/// The smaller operand; `b` where either is NaN.
INLINE vector smaller(vector a, vector b) { return _mm256_min_ps(a, b); }

INLINE vector square_root(vector a) { return _mm256_sqrt_ps(a); }

/// 1 / a for a from 1 to 2^126, with a relative error of about 2e-7; NaN for NaN.
INLINE vector reciprocal(vector a) {
  const vector estimate = _mm256_rcp_ps(a);
  return _mm256_fmadd_ps(estimate, _mm256_fnmadd_ps(a, estimate, splat(1)), estimate);
}

/// a[index[lane]] in each lane; only as many bits of an index count as there are lanes for.
INLINE vector permute(vector a, integers index) {
  return _mm256_permutevar8x32_ps(a, (__m256i)index);
}

/// Eight floats, four in each half of a vector, twice.
typedef struct octets {
  vector low, high;
} octets;

/// The eight floats at `p`, scaled.
INLINE octets scaled_octets(const float *p, float scale) {
  return (octets){_mm256_broadcast_ps((const __m128 *)p) * splat(scale),
                  _mm256_broadcast_ps((const __m128 *)(p + 4)) * splat(scale)};
}

/// Vector `b`, known at compile time, of those that hold each of the eight floats in eight lanes.
/// A shuffle within halves needs no register for its indices.
INLINE vector octet_lanes(octets a, const int b) {
  const vector half = b < 4 ? a.low : a.high;
  switch (b % 4) {
    case 0: return _mm256_permute_ps(half, 0x00);
    case 1: return _mm256_permute_ps(half, 0x55);
    case 2: return _mm256_permute_ps(half, 0xaa);
    default: return _mm256_permute_ps(half, 0xff);
  }
}

/// Where `candidate` is less than `best`, makes it the best and `index` its index.
INLINE void keep_smaller(vector candidate, integers candidate_index, vector *best,
                         integers *index) {
  const __m256 less = _mm256_cmp_ps(candidate, *best, _CMP_LT_OQ);
  *index = (integers)_mm256_blendv_ps((__m256)*index, (__m256)candidate_index, less);
  *best = smaller(candidate, *best);
}

INLINE __m256i first_lanes(size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/// The first `count` floats at `p`, zero in the other lanes, which are not read.
INLINE vector load_first(const float *p, size_t count) {
  return _mm256_maskload_ps(p, first_lanes(count));
}

/// Writes the first `count` lanes only, fewer than all.
///
/// In pieces: some processors take dozens of operations for a masked store.
INLINE void store_first(float *p, size_t count, vector a) {
  __m128 rest = _mm256_castps256_ps128(a);
  if (count & 4) {
    _mm_storeu_ps(p, rest);
    rest = _mm256_extractf128_ps(a, 1);
    p += 4;
  }
  if (count & 2) {
    _mm_storel_pi((__m64 *)p, rest);
    rest = _mm_movehl_ps(rest, rest);
    p += 2;
  }
  if (count & 1) _mm_store_ss(p, rest);
}

/// One bit for each lane of a that is at most b's.
INLINE uint32_t lanes_at_most(vector a, vector b) {
  return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ));
}

/// One bit for each lane in which a and b have a bit in common.
INLINE uint32_t common_lanes(integers a, integers b) {
  return (uint32_t)_mm256_movemask_ps((__m256)((a & b) != 0));
}

/// The counts, one more in each lane where a is less than b.
INLINE integers count_less(integers counts, vector a, vector b) { return counts - (a < b); }

/// Lanes of a where `condition` is set, of b elsewhere.
INLINE vector choose_lanes(integers condition, vector a, vector b) {
  return _mm256_blendv_ps(b, a, (vector)condition);
}

/// The numbers of the bits that are set in each number of four bits.
static const int32_t set_bits[16][4] = {
    {0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
    {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
    {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
    {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3},
};

/// Writes the lanes of a that `lanes` names, and anything up to a whole vector behind them.
INLINE void pack_lanes(float *p, uint32_t lanes, vector a) {
  const __m128i low = _mm_loadu_si128((const __m128i *)set_bits[lanes & 15]);
  const __m128i high = _mm_loadu_si128((const __m128i *)set_bits[lanes >> 4]);
  _mm_storeu_ps(p, _mm_permutevar_ps(_mm256_castps256_ps128(a), low));
  _mm_storeu_ps(p + __builtin_popcount(lanes & 15),
                _mm_permutevar_ps(_mm256_extractf128_ps(a, 1), high));
}

#include "vector/kernels.h"

#pragma clang attribute pop

#endif
