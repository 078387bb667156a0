// Products of bfloat16 by the instructions that AVX-512 has for them; the rest as in avx512.c.
#if defined(__x86_64__)

#include <immintrin.h>

#include "vector/prelude.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,bmi2"))), \
    apply_to = function)

#include "vector/avx512.h"

#include "vector/elementary.h"

// Two values in each word of an operand, the first in its upper half: VDPBF16PS adds the product of
// the upper halves first, so that sums run over ascending values. Each addition rounds to nearest,
// ties to even, and takes subnormals for zero (Intel SDM, "VDPBF16PS").
#define VALUES_PER_WORD 2

INLINE vector accumulate(vector left, vector right, vector sum) {
  return _mm512_dpbf16_ps(sum, (__m512bh)left, (__m512bh)right);
}

/// The words of 32 values.
INLINE vector paired(vector low, vector high) {
  return (vector)_mm512_rol_epi32((__m512i)_mm512_cvtne2ps_pbh(high, low), 16);
}

/// Writes the operands that `vectors` vectors round to; the values behind `count` become zero, lest
/// the second value of a last word be read as one.
INLINE void store_operands(const int vectors, size_t count, const vector *values, float *operands) {
  UNROLL for (int n = 0; n < vectors; n += 2) {
    vector low = values[n], high = n + 1 < vectors ? values[n + 1] : zeros();
    const size_t first = (size_t)n * LANES;
    if (count < first + 2 * LANES) {
      low = _mm512_maskz_mov_ps(first_lanes(count < first ? 0 : count - first), low);
      high = _mm512_maskz_mov_ps(first_lanes(count < first + LANES ? 0 : count - first - LANES),
                                 high);
    }
    const vector pairs = paired(low, high);
    if (n + 1 < vectors)
      store(operands + first / 2, pairs);
    else
      store_first(operands + first / 2, LANES / 2, pairs);
  }
}

/// Writes the operands that `count` values round to.
INLINE void round_row(size_t count, const float *values, float *operands) {
  size_t k = 0;
  for (; k + 2 * LANES <= count; k += 2 * LANES)
    store(operands + k / 2, paired(load(values + k), load(values + k + LANES)));
  if (k == count) return;
  const size_t rest = count - k;
  const vector low = load_first(values + k, rest);
  const vector high = rest > LANES ? load_first(values + k + LANES, rest - LANES) : zeros();
  store_first(operands + k / 2, (rest + 1) / 2, paired(low, high));
}

#include "vector/activation.h"

#include "vector/linear.h"

#include "vector/hourglass.h"

#include "vector/kpconvx.h"

#include "vector/multiply_add.h"

const ckernels_variant ckernels_variant_avx512_bf16 = {
    .lanes = LANES,
    .panel_vectors = PANEL_VECTORS,
    .values_per_word = VALUES_PER_WORD,
    .part_columns = modulation_columns,
    .parts = PARTS,
    .dense_scratch = dense_scratch,
    .dense = dense,
    .hourglass_scratch = hourglass_scratch,
    .hourglass = hourglass,
    .kpconvx_scratch = kpconvx_scratch,
    .kpconvx = kpconvx,
    .multiply_add = multiply_add_rounds,
};

#pragma clang attribute pop

#endif
