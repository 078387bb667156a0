/// Independent chains of what products are made of, enough to hide their latency.
SEPARATE double multiply_add_rounds(size_t rounds, float *sink) {
  enum { chains = 12, repetitions = 8 };
  vector sums[chains];
  UNROLL for (int c = 0; c < chains; c++) sums[c] = splat(sink[c]);
  // Whatever these are as operands, sums of their products stay far from overflow.
  const vector left = splat(0.5f), right = splat(0.5f);
  for (size_t r = 0; r < rounds; r++)
    UNROLL for (int repetition = 0; repetition < repetitions; repetition++)
      UNROLL for (int c = 0; c < chains; c++) sums[c] = accumulate(left, right, sums[c]);
  UNROLL for (int c = 0; c < chains; c++) sink[c] = sums[c][0];
  return 2.0 * (double)rounds * repetitions * chains * LANES * VALUES_PER_WORD;
}
