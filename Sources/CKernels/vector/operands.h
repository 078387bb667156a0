// Left operands of products, one value in each word: float32 as it is, or rounded to bfloat16 and
// held as float32.

#define VALUES_PER_WORD 1

INLINE vector accumulate(vector left, vector right, vector sum) {
  return multiply_add(left, right, sum);
}

typedef uint32_t words __attribute__((vector_size(4 * LANES)));

/// `ckernels_rounded_to_bfloat16` in each lane.
INLINE vector rounded_to_bfloat16(vector a) {
  const words bits = (words)a, magnitude = bits & 0x7fffffff;
  const vector nearest = (vector)((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
  const vector quiet = (vector)((bits | 0x00400000) & 0xffff0000);
  const vector zero = (vector)(bits & 0x80000000);
  return either((integers)(magnitude > 0x7f800000), quiet,
                either((integers)(magnitude < 0x00800000), zero, nearest));
}

/// Writes the operands that `vectors` vectors round to.
INLINE void store_operands(const int vectors, size_t count, const vector *values, float *operands) {
  (void)count;
  UNROLL for (int n = 0; n < vectors; n++)
    store(operands + n * LANES, rounded_to_bfloat16(values[n]));
}

/// Writes the operands that `count` values round to.
INLINE void round_row(size_t count, const float *values, float *operands) {
  size_t k = 0;
  for (; k + LANES <= count; k += LANES) store(operands + k, rounded_to_bfloat16(load(values + k)));
  if (k < count)
    store_first(operands + k, count - k, rounded_to_bfloat16(load_first(values + k, count - k)));
}
