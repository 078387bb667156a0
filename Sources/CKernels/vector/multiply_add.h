/// Independent chains of multiply-adds, enough to hide their latency.
SEPARATE double multiply_add_rounds(size_t rounds, float *sink) {
  enum { chains = 12, repetitions = 8 };
  vector sums[chains];
  UNROLL for (int c = 0; c < chains; c++) sums[c] = splat(sink[c]);
  const vector half = splat(0.5f), one = splat(1);
  for (size_t r = 0; r < rounds; r++)
    UNROLL for (int repetition = 0; repetition < repetitions; repetition++)
      UNROLL for (int c = 0; c < chains; c++) sums[c] = multiply_add(sums[c], half, one);
  UNROLL for (int c = 0; c < chains; c++) sink[c] = sums[c][0];
  return 2.0 * (double)rounds * repetitions * chains * LANES;
}
