// Primitives on vectors of 16 floats, for a file whose functions all target AVX-512.

#define LANES 16
#define PANEL_VECTORS 4
#define ROW_TILE 6
#define PARTS 4
#define FRACTION_BITS 4

typedef float vector __attribute__((vector_size(64)));
typedef int32_t integers __attribute__((vector_size(64)));

INLINE vector splat(float x) { return _mm512_set1_ps(x); }

INLINE vector multiply_add(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }

/// The four floats at `p` in turn.
INLINE vector splat_parts(const float *p) { return _mm512_broadcast_f32x4(_mm_loadu_ps(p)); }

/// The floats at `p`, half a vector, twice.
INLINE vector load_twice(const float *p) { return _mm512_broadcast_f32x8(_mm256_loadu_ps(p)); }

/// The floats at `first` and `second`, half a vector each.
INLINE vector load_halves(const float *first, const float *second) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(first)),
                            _mm256_loadu_ps(second), 1);
}

INLINE void store_halves(float *first, float *second, vector a) {
  _mm256_storeu_ps(first, _mm512_castps512_ps256(a));
  _mm256_storeu_ps(second, _mm512_extractf32x8_ps(a, 1));
}

INLINE vector pair_sums(vector a, vector b) {
  return _mm512_shuffle_ps(a, b, 0x88) + _mm512_shuffle_ps(a, b, 0xdd);
}

/// The sums of each four lanes of `a`, `b`, `c` and `d`.
INLINE vector part_sums(vector a, vector b, vector c, vector d) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_ps(order, pair_sums(pair_sums(a, b), pair_sums(c, d)));
}

/// The larger operand; `b` where either is NaN.
INLINE vector larger(vector a, vector b) { return _mm512_max_ps(a, b); }

/// The smaller operand; `b` where either is NaN.
INLINE vector smaller(vector a, vector b) { return _mm512_min_ps(a, b); }

INLINE vector square_root(vector a) { return _mm512_sqrt_ps(a); }

/// 1 / a for a from 1 to 2^126, with a relative error of about 1e-7; NaN for NaN.
INLINE vector reciprocal(vector a) {
  const vector estimate = _mm512_rcp14_ps(a);
  return _mm512_fmadd_ps(estimate, _mm512_fnmadd_ps(a, estimate, splat(1)), estimate);
}

/// a[index[lane]] in each lane; only as many bits of an index count as there are lanes for.
INLINE vector permute(vector a, integers index) {
  return _mm512_permutexvar_ps((__m512i)index, a);
}

/// Eight floats in the lower half of a vector.
typedef vector octets;

/// The eight floats at `p`, scaled.
INLINE octets scaled_octets(const float *p, float scale) {
  return _mm512_zextps256_ps512(_mm256_mul_ps(_mm256_loadu_ps(p), _mm256_set1_ps(scale)));
}

/// Vector `b`, known at compile time, of those that hold each of the eight floats in eight lanes.
INLINE vector octet_lanes(octets a, const int b) {
  const int32_t i = 2 * b, j = 2 * b + 1;
  return _mm512_permutexvar_ps(_mm512_setr_epi32(i, i, i, i, i, i, i, i, j, j, j, j, j, j, j, j),
                               a);
}

/// Where `candidate` is less than `best`, makes it the best and `index` its index.
INLINE void keep_smaller(vector candidate, integers candidate_index, vector *best,
                         integers *index) {
  const __mmask16 less = _mm512_cmp_ps_mask(candidate, *best, _CMP_LT_OQ);
  *index = (integers)_mm512_mask_mov_epi32((__m512i)*index, less, (__m512i)candidate_index);
  *best = smaller(candidate, *best);
}

INLINE __mmask16 first_lanes(size_t count) { return (__mmask16)_bzhi_u32(0xffff, (unsigned)count); }

/// The first `count` floats at `p`, zero in the other lanes, which are not read.
INLINE vector load_first(const float *p, size_t count) {
  return _mm512_maskz_loadu_ps(first_lanes(count), p);
}

/// Writes the first `count` lanes only.
INLINE void store_first(float *p, size_t count, vector a) {
  _mm512_mask_storeu_ps(p, first_lanes(count), a);
}

/// One bit for each lane of a that is at most b's.
INLINE uint32_t lanes_at_most(vector a, vector b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

/// One bit for each lane in which a and b have a bit in common.
INLINE uint32_t common_lanes(integers a, integers b) {
  return _mm512_test_epi32_mask((__m512i)a, (__m512i)b);
}

/// The counts, one more in each lane where a is less than b.
INLINE integers count_less(integers counts, vector a, vector b) {
  const __mmask16 less = _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
  return (integers)_mm512_mask_sub_epi32((__m512i)counts, less, (__m512i)counts,
                                         _mm512_set1_epi32(-1));
}

/// Lanes of a where `condition` is set, of b elsewhere.
INLINE vector choose_lanes(integers condition, vector a, vector b) {
  return _mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)condition), b, a);
}

/// Writes the lanes of a that `lanes` names, and anything up to a whole vector behind them.
INLINE void pack_lanes(float *p, uint32_t lanes, vector a) {
  _mm512_storeu_ps(p, _mm512_maskz_compress_ps((__mmask16)lanes, a));
}
