// Modulations of a tile of rows, computed only where they are used: of all kernel points, a row needs
// those that are nearest to one of its neighbors.
//
// The product is cut into panels of a few columns, about one kernel point's. A sum is spread over
// PARTS lanes, so that one load of as many words serves a whole vector. Every element is the sum of
// its parts and the bias, where part p is the sum over words p, p + PARTS, ... ascending, whichever
// rows share its panel.

enum {
  /// Columns of a panel, two vectors of parts.
  modulation_columns = 2 * LANES / PARTS,
  /// Rows whose parts are in registers at once.
  modulation_rows = PARTS == 4 ? 12 : 6,
};

/// One panel's columns for some rows of a tile.
typedef struct modulation_panel {
  size_t words;
  /// `[words / PARTS rounded up, columns, PARTS]`
  const float *weights;
  /// `[columns]`
  const float *bias;
  /// The rows of the tile, `[rows, words]` with `a_stride` words from row to row.
  const float *a;
  size_t a_stride;
  /// `[rows, columns]` with `stride` floats from row to row.
  float *y;
  size_t stride;
} modulation_panel;

/// Exponents of two in the sigmoids of the `rows` rows that `list` names, `rows` known at compile
/// time.
INLINE void modulation_tile(const int rows, const modulation_panel *panel, const int32_t *list) {
  const float *b = panel->weights, *a[modulation_rows];
  vector sums[modulation_rows][2];
  UNROLL for (int m = 0; m < rows; m++) {
    a[m] = panel->a + (size_t)list[m] * panel->a_stride;
    UNROLL for (int n = 0; n < 2; n++) sums[m][n] = zeros();
  }
  const size_t whole = panel->words / PARTS * PARTS;
  for (size_t k = 0; k < whole; k += PARTS) {
    const vector right[2] = {load(b), load(b + LANES)};
    b += 2 * LANES;
    UNROLL for (int m = 0; m < rows; m++) {
      const vector left = splat_parts(a[m] + k);
      UNROLL for (int n = 0; n < 2; n++) sums[m][n] = accumulate(left, right[n], sums[m][n]);
    }
  }
  if (whole < panel->words)
    UNROLL for (int m = 0; m < rows; m++) {
      float last[PARTS] = {0};
      for (size_t k = whole; k < panel->words; k++) last[k - whole] = a[m][k];
      UNROLL for (int n = 0; n < 2; n++)
        sums[m][n] = accumulate(splat_parts(last), load(b + n * LANES), sums[m][n]);
    }
  const vector factor = splat(SIGMOID_EXPONENT);
#if PARTS == 4
  const vector bias = load_twice(panel->bias) * factor;
  UNROLL for (int m = 0; m < rows; m += 2)
    store_halves(
        panel->y + (size_t)list[m] * panel->stride, panel->y + (size_t)list[m + 1] * panel->stride,
        multiply_add(part_sums(sums[m][0], sums[m][1], sums[m + 1][0], sums[m + 1][1]), factor,
                     bias));
#else
  const vector bias = load(panel->bias) * factor;
  UNROLL for (int m = 0; m < rows; m++)
    store(panel->y + (size_t)list[m] * panel->stride,
          multiply_add(part_sums(sums[m][0], sums[m][1]), factor, bias));
#endif
}

/// The columns of the `count` rows that `list` names; behind them, it repeats the last one.
SEPARATE void modulation_rows_of_panel(const modulation_panel *panel, const int32_t *list,
                                       size_t count) {
  size_t m = 0;
  for (; m + modulation_rows <= count; m += modulation_rows)
    modulation_tile(modulation_rows, panel, list + m);
#if PARTS == 4
  switch ((count - m + 1) / 2) {
    case 1: modulation_tile(2, panel, list + m); break;
    case 2: modulation_tile(4, panel, list + m); break;
    case 3: modulation_tile(6, panel, list + m); break;
    case 4: modulation_tile(8, panel, list + m); break;
    case 5: modulation_tile(10, panel, list + m); break;
    case 6: modulation_tile(12, panel, list + m); break;
  }
  // In a pass of its own, where the chains of several rows overlap.
  for (m = 0; m < count; m += 2) {
    float *first = panel->y + (size_t)list[m] * panel->stride;
    float *second = panel->y + (size_t)list[m + 1] * panel->stride;
    store_halves(first, second, logistic(load_halves(first, second)));
  }
#else
  switch (count - m) {
    case 1: modulation_tile(1, panel, list + m); break;
    case 2: modulation_tile(2, panel, list + m); break;
    case 3: modulation_tile(3, panel, list + m); break;
    case 4: modulation_tile(4, panel, list + m); break;
    case 5: modulation_tile(5, panel, list + m); break;
  }
  for (m = 0; m < count; m++) {
    float *y = panel->y + (size_t)list[m] * panel->stride;
    store(y, logistic(load(y)));
  }
#endif
}

/// The kernel points that `rows` rows use, a bit for each: words of 32 kernel points,
/// `[words, row_block]`, zeros behind the rows.
static void use_kernel_points(const int32_t *nearest, size_t rows, size_t neighbor_count,
                              size_t words, uint32_t *used) {
  memset(used, 0, words * row_block * sizeof *used);
  for (size_t i = 0; i < rows; i++, nearest += neighbor_count)
    for (size_t w = 0; w < words; w++) {
      integers bits = {0};
      size_t j = 0;
      for (; j + LANES <= neighbor_count; j += LANES) {
        const integers k = load_integers(nearest + j);
        bits |= ((k >> 5) == (int32_t)w) & (((integers){0} + 1) << (k & 31));
      }
      uint32_t all = (uint32_t)__builtin_reduce_or(bits);
      for (; j < neighbor_count; j++)
        if ((uint32_t)nearest[j] / 32 == w) all |= (uint32_t)1 << (uint32_t)nearest[j] % 32;
      used[w * row_block + i] = all;
    }
}

/// The rows that use one of the kernel points `first ... last`, ascending; how many they are.
INLINE size_t list_rows(const uint32_t *used, size_t first, size_t last, int32_t *list) {
  integers number;
  UNROLL for (int l = 0; l < LANES; l++) number[l] = l;
  size_t count = 0;
  for (size_t i = 0; i < row_block; i += LANES) {
    uint32_t lanes = 0;
    for (size_t w = first / 32; w <= last / 32; w++) {
      const size_t low = w == first / 32 ? first % 32 : 0, high = w == last / 32 ? last % 32 : 31;
      const uint32_t bits = (uint32_t)(((uint64_t)2 << high) - ((uint64_t)1 << low));
      lanes |= common_lanes(load_integers((const int32_t *)used + w * row_block + i),
                            (integers){0} + (int32_t)bits);
    }
    pack_lanes((float *)list + count, lanes, (vector)(number + (int32_t)i));
    count += (size_t)__builtin_popcount(lanes);
  }
  return count;
}

/// Operands `[rows, words]` with `a_stride` words from row to row → modulations of the kernel points
/// that `used` names (of `use_kernel_points`); those of others stay undefined.
SEPARATE void modulation_of_used(const ckernels_kpconvx *layer, const ckernels_linear *linear,
                                 const uint32_t *used, const float *a, size_t a_stride, float *y,
                                 size_t stride) {
  const size_t groups = layer->input_width / layer->group_size;
  modulation_panel panel = {linear->words, linear->weights, linear->bias, a, a_stride, y, stride};
  for (size_t column = 0; column < linear->width; column += modulation_columns) {
    const size_t end = column + modulation_columns;
    const size_t last = ((end < linear->width ? end : linear->width) - 1) / groups;
    int32_t list[row_block + LANES];
    const size_t count = list_rows(used, column / groups, last, list);
    if (count > 0) {
      list[count] = list[count - 1];
      modulation_rows_of_panel(&panel, list, count);
    }
    panel.weights += ckernels_round_up(linear->words, PARTS) * modulation_columns;
    panel.bias += modulation_columns;
    panel.y += modulation_columns;
  }
}
