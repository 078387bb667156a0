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
  modulation_rows = 6,
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

/// The columns of the `rows` rows that `list` names, `rows` known at compile time.
INLINE void modulation_tile(const int rows, const modulation_panel *panel, const uint8_t *list) {
  const float *b = panel->weights, *a[modulation_rows];
  vector sums[modulation_rows][2];
  UNROLL for (int m = 0; m < rows; m++) {
    a[m] = panel->a + list[m] * panel->a_stride;
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
#if PARTS == 4
  const vector bias = load_twice(panel->bias);
  UNROLL for (int m = 0; m < rows; m += 2)
    store_halves(
        panel->y + list[m] * panel->stride, panel->y + list[m + 1] * panel->stride,
        sigmoid(bias + part_sums(sums[m][0], sums[m][1], sums[m + 1][0], sums[m + 1][1])));
#else
  const vector bias = load(panel->bias);
  UNROLL for (int m = 0; m < rows; m++)
    store(panel->y + list[m] * panel->stride,
          sigmoid(bias + part_sums(sums[m][0], sums[m][1])));
#endif
}

/// The columns of the `count` rows that `list` names; behind them, it repeats the last one.
SEPARATE void modulation_rows_of_panel(const modulation_panel *panel, const uint8_t *list,
                                       size_t count) {
  size_t m = 0;
  for (; m + modulation_rows <= count; m += modulation_rows)
    modulation_tile(modulation_rows, panel, list + m);
#if PARTS == 4
  switch ((count - m + 1) / 2) {
    case 1: modulation_tile(2, panel, list + m); break;
    case 2: modulation_tile(4, panel, list + m); break;
    case 3: modulation_tile(6, panel, list + m); break;
  }
#else
  switch (count - m) {
    case 1: modulation_tile(1, panel, list + m); break;
    case 2: modulation_tile(2, panel, list + m); break;
    case 3: modulation_tile(3, panel, list + m); break;
    case 4: modulation_tile(4, panel, list + m); break;
    case 5: modulation_tile(5, panel, list + m); break;
  }
#endif
}

/// The kernel points that a row uses, one bit for each, 32 in a word.
INLINE void use_kernel_points(const int32_t *nearest, size_t neighbor_count, size_t words,
                              uint32_t *used) {
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
    used[w] = all;
  }
}

/// Operands `[rows, words]` with `a_stride` words from row to row → modulations of the kernel points
/// that `nearest` `[rows, neighbors]` names; those of others stay undefined. `used` has room for a bit
/// for each kernel point of each row, in whole words.
SEPARATE void modulation_of_nearest(const ckernels_kpconvx *layer, const ckernels_linear *linear,
                                    size_t rows, const float *a, size_t a_stride,
                                    const int32_t *nearest, size_t neighbor_count, uint32_t *used,
                                    float *y, size_t stride) {
  const size_t groups = layer->input_width / layer->group_size;
  const size_t words = (layer->kernel_point_count + 31) / 32;
  for (size_t i = 0; i < rows; i++)
    use_kernel_points(nearest + i * neighbor_count, neighbor_count, words, used + i * words);
  modulation_panel panel = {linear->words, linear->weights, linear->bias, a, a_stride, y, stride};
  for (size_t column = 0; column < linear->width; column += modulation_columns) {
    const size_t end = column + modulation_columns;
    const size_t first = column / groups;
    const size_t last = ((end < linear->width ? end : linear->width) - 1) / groups;
    uint8_t list[row_block + 1];
    size_t count = 0;
    if (words == 1) {
      const uint32_t bits = (uint32_t)(((uint64_t)2 << last) - ((uint64_t)1 << first));
      for (size_t i = 0; i < rows; i++) {
        list[count] = (uint8_t)i;
        count += (used[i] & bits) != 0;
      }
    } else {
      for (size_t i = 0; i < rows; i++) {
        uint32_t any = 0;
        for (size_t k = first; k <= last; k++) any |= used[i * words + k / 32] >> k % 32 & 1;
        list[count] = (uint8_t)i;
        count += any;
      }
    }
    if (count > 0) {
      list[count] = list[count - 1];
      modulation_rows_of_panel(&panel, list, count);
    }
    panel.weights += ckernels_round_up(linear->words, PARTS) * modulation_columns;
    panel.bias += modulation_columns;
    panel.y += modulation_columns;
  }
}
