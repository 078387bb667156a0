// Memory access, rounding and exponentials on vectors.

typedef float unaligned_vector __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t unaligned_integers __attribute__((vector_size(4 * LANES), aligned(4)));

INLINE vector load(const float *p) { return *(const unaligned_vector *)p; }

INLINE integers load_integers(const int32_t *p) { return *(const unaligned_integers *)p; }

INLINE void store(float *p, vector a) { *(unaligned_vector *)p = a; }

INLINE void store_integers(int32_t *p, integers a) { *(unaligned_integers *)p = a; }

INLINE vector zeros(void) { return splat(0); }

/// a where `condition` (all ones or all zeros in each lane) holds, else b.
INLINE vector either(integers condition, vector a, vector b) {
  return (vector)((condition & (integers)a) | (~condition & (integers)b));
}

/// exp(x) with a relative error of about 2e-7, for x clamped to [-87, 88]; NaN for NaN.
///
/// exp(x) = 2^n * exp(r), |r| <= ln(2) / 2, with a minimax polynomial of degree five for exp(r).
INLINE vector exponential(vector x) {
  // The constant operand first: a NaN in the second one passes.
  x = larger(splat(-87), smaller(splat(88), x));
  // Adding 1.5 * 2^23 rounds to an integer in the low bits of the sum; 127 more is the exponent bias.
  const vector magic = splat(0x1.8p23f + 127);
  const vector shifted = multiply_add(x, splat(0x1.715476p+0f), magic);
  const vector n = shifted - magic;
  vector r = multiply_add(n, splat(-0x1.62e430p-1f), x);
  r = multiply_add(n, splat(0x1.05c610p-29f), r);
  vector p = splat(8.312520387e-3f);
  p = multiply_add(p, r, splat(4.189015764e-2f));
  p = multiply_add(p, r, splat(1.666711465e-1f));
  p = multiply_add(p, r, splat(4.999923149e-1f));
  p = multiply_add(p, r, splat(1));
  p = multiply_add(p, r, splat(1));
  return p * (vector)((integers)shifted << 23);
}
