/// Reads `count` floats, a multiple of 128, as fast as memory gives them; `sink` keeps their sums.
SEPARATE void read_floats(size_t count, const float *values, float *sink) {
  enum { block = 128, line = 16, ahead = 1024, chains = 8 };
  vector sums[chains];
  UNROLL for (int c = 0; c < chains; c++) sums[c] = splat(sink[c]);
  for (size_t i = 0; i < count; i += block) {
    UNROLL for (int l = 0; l < block; l += line) __builtin_prefetch(values + i + ahead + l);
    UNROLL for (int v = 0; v < block / LANES; v++) sums[v % chains] += load(values + i + v * LANES);
  }
  UNROLL for (int c = 0; c < chains; c++) sink[c] = sums[c][0];
}
