// Filters of rasters of float64, several vectors of values at a time.

typedef double doubles __attribute__((vector_size(4 * LANES)));
typedef double unaligned_doubles __attribute__((vector_size(4 * LANES), aligned(8)));

INLINE doubles load_doubles(const double *p) { return *(const unaligned_doubles *)p; }

static void correlate(size_t count, size_t radius, const double *taps, const double *const *rows,
                      double *y) {
  enum { vectors = 4, lanes = LANES / 2, block = vectors * lanes };
  size_t i = 0;
  for (; i + block <= count; i += block) {
    doubles sums[vectors];
    UNROLL for (int v = 0; v < vectors; v++)
      sums[v] = load_doubles(rows[radius] + i + v * lanes) * taps[0];
    for (size_t k = radius; k > 0; k--) {
      const double *before = rows[radius - k] + i, *after = rows[radius + k] + i;
      UNROLL for (int v = 0; v < vectors; v++)
        sums[v] += (load_doubles(before + v * lanes) + load_doubles(after + v * lanes)) * taps[k];
    }
    UNROLL for (int v = 0; v < vectors; v++) *(unaligned_doubles *)(y + i + v * lanes) = sums[v];
  }
  for (; i < count; i++) {
    double sum = rows[radius][i] * taps[0];
    for (size_t k = radius; k > 0; k--) sum += (rows[radius - k][i] + rows[radius + k][i]) * taps[k];
    y[i] = sum;
  }
}
