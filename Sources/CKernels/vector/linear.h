// Matrix products with a packed right operand, tile by tile in registers.
//
// Every element is bias + sum over k ascending, one multiply-add each, whatever the tile: a row's
// result is the same in any position.

/// Where a product goes.
typedef struct destination {
  float *y;
  size_t stride;
  /// Columns to write: the linear layer's `width` or `padded_width`.
  size_t width;
  /// Added to the result, or NULL; same width.
  const float *residual;
  size_t residual_stride;
  /// Whether `y` holds left operands of another product, rounded, which begin a row of `stride`
  /// words; whole vectors are then written.
  bool is_rounded;
  /// Rows `[next_rows, next_width]` that are to be rounded for the next product, or none: they are on
  /// their way while this one is computed.
  const float *next;
  size_t next_rows, next_width;
} destination;

/// Asks for some of the rows that come next.
INLINE void fetch_next(const destination *to, size_t row, size_t rows) {
  enum { line = 16 };
  if (row >= to->next_rows) return;
  const size_t count = to->next_rows - row < rows ? to->next_rows - row : rows;
  for (size_t i = 0; i < count * to->next_width; i += line)
    __builtin_prefetch(to->next + row * to->next_width + i);
}

INLINE vector load_columns(const float *p, size_t count) {
  return count >= LANES ? load(p) : load_first(p, count);
}

INLINE void store_columns(float *p, size_t count, vector a) {
  if (count >= LANES)
    store(p, a);
  else
    store_first(p, count, a);
}

/// What is left to do for a tile that holds plain sums: activation, affine, residual.
SEPARATE void finish_tile(const ckernels_linear *linear, size_t rows, size_t column, size_t columns,
                          const destination *to, size_t row) {
  for (size_t m = 0; m < rows; m++) {
    float *y = to->y + (row + m) * to->stride + column;
    activate(linear->activation, columns, y, y);
    if (!linear->scale && !to->residual) continue;
    for (size_t c = 0; c < columns; c += LANES) {
      vector a = load_columns(y + c, columns - c);
      if (linear->scale)
        a = multiply_add(a, load(linear->scale + column + c), load(linear->shift + column + c));
      if (to->residual)
        a += load_columns(to->residual + (row + m) * to->residual_stride + column + c, columns - c);
      store_columns(y + c, columns - c, a);
    }
  }
}

/// One tile of `rows` x `vectors * LANES` sums, `rows` and `vectors` known at compile time.
INLINE void linear_tile(const int rows, const int vectors, const ckernels_linear *linear,
                        const float *panel, size_t column, const float *a, size_t a_stride,
                        const destination *to, size_t row) {
  const size_t depth = linear->words;
  vector sums[2 * ROW_TILE][PANEL_VECTORS];
  UNROLL for (int n = 0; n < vectors; n++) {
    const vector bias = load(linear->bias + column + n * LANES);
    UNROLL for (int m = 0; m < rows; m++) sums[m][n] = bias;
  }
  const float *b = panel;
  _Pragma("clang loop unroll_count(2)") for (size_t k = 0; k < depth; k++) {
    vector right[PANEL_VECTORS];
    UNROLL for (int n = 0; n < vectors; n++) right[n] = load(b + n * LANES);
    b += vectors * LANES;
    UNROLL for (int m = 0; m < rows; m++) {
      const vector left = splat(a[(size_t)m * a_stride + k]);
      UNROLL for (int n = 0; n < vectors; n++)
        sums[m][n] = accumulate(left, right[n], sums[m][n]);
    }
  }

  const ckernels_activation activation = linear->activation;
  bool finished = true;
  switch (activation.kind) {
    case CKERNELS_ACTIVATION_IDENTITY: break;
    case CKERNELS_ACTIVATION_RELU:
      UNROLL for (int m = 0; m < rows; m++)
        UNROLL for (int n = 0; n < vectors; n++) sums[m][n] = larger(zeros(), sums[m][n]);
      break;
    case CKERNELS_ACTIVATION_LEAKY_RELU:
      UNROLL for (int m = 0; m < rows; m++)
        UNROLL for (int n = 0; n < vectors; n++)
          sums[m][n] = leaky(sums[m][n], activation.parameter);
      break;
    case CKERNELS_ACTIVATION_SIGMOID:
      UNROLL for (int m = 0; m < rows; m++)
        UNROLL for (int n = 0; n < vectors; n++) sums[m][n] = sigmoid(sums[m][n]);
      break;
    default:
      finished = to->is_rounded;
      if (finished) {
        float values[2 * ROW_TILE * PANEL_VECTORS * LANES];
        UNROLL for (int m = 0; m < rows; m++)
          UNROLL for (int n = 0; n < vectors; n++)
            store(values + (m * vectors + n) * LANES, sums[m][n]);
        activate(activation, (size_t)(rows * vectors * LANES), values, values);
        UNROLL for (int m = 0; m < rows; m++)
          UNROLL for (int n = 0; n < vectors; n++)
            sums[m][n] = load(values + (m * vectors + n) * LANES);
      }
  }
  const size_t columns = to->width - column;
  if (finished && linear->scale)
    UNROLL for (int n = 0; n < vectors; n++) {
      const vector scale = load(linear->scale + column + n * LANES);
      const vector shift = load(linear->shift + column + n * LANES);
      UNROLL for (int m = 0; m < rows; m++) sums[m][n] = multiply_add(sums[m][n], scale, shift);
    }
  if (to->is_rounded) {
    float *operands = to->y + row * to->stride + column / VALUES_PER_WORD;
    UNROLL for (int m = 0; m < rows; m++)
      store_operands(vectors, linear->width - column, sums[m], operands + (size_t)m * to->stride);
    return;
  }
  float *y = to->y + row * to->stride + column;
  const float *residual = to->residual ? to->residual + row * to->residual_stride + column : NULL;
  if (columns >= (size_t)vectors * LANES) {
    if (finished && residual)
      UNROLL for (int m = 0; m < rows; m++)
        UNROLL for (int n = 0; n < vectors; n++)
          sums[m][n] += load(residual + (size_t)m * to->residual_stride + n * LANES);
    UNROLL for (int m = 0; m < rows; m++)
      UNROLL for (int n = 0; n < vectors; n++)
        store(y + (size_t)m * to->stride + n * LANES, sums[m][n]);
  } else {
    // The last panel of a width that is no multiple of the lanes.
    const size_t last = columns - (size_t)(vectors - 1) * LANES;
    UNROLL for (int m = 0; m < rows; m++)
      UNROLL for (int n = 0; n < vectors; n++) {
        const size_t count = n < vectors - 1 ? LANES : last;
        if (finished && residual)
          sums[m][n] +=
              load_columns(residual + (size_t)m * to->residual_stride + n * LANES, count);
        store_columns(y + (size_t)m * to->stride + n * LANES, count, sums[m][n]);
      }
  }
  if (!finished)
    finish_tile(linear, rows, column, columns < (size_t)vectors * LANES ? columns : vectors * LANES,
                to, row);
}

/// The rows of one panel of columns.
INLINE void linear_panel(const int vectors, const ckernels_linear *linear, size_t column,
                         size_t rows, const float *a, size_t a_stride, const destination *to) {
  const float *panel = linear->weights + column * linear->words;
  size_t m = 0;
  // One vector alone needs more rows to hide the latency of its sums.
  if (vectors == 1)
    for (; m + 2 * ROW_TILE <= rows; m += 2 * ROW_TILE)
      linear_tile(2 * ROW_TILE, vectors, linear, panel, column, a + m * a_stride, a_stride, to, m);
  for (; m + ROW_TILE <= rows; m += ROW_TILE) {
    if (column == 0) fetch_next(to, m, ROW_TILE);
    linear_tile(ROW_TILE, vectors, linear, panel, column, a + m * a_stride, a_stride, to, m);
  }
  for (; m + 3 <= rows; m += 3)
    linear_tile(3, vectors, linear, panel, column, a + m * a_stride, a_stride, to, m);
  for (; m < rows; m++)
    linear_tile(1, vectors, linear, panel, column, a + m * a_stride, a_stride, to, m);
}

#define LINEAR_PANEL(vectors) \
  SEPARATE void linear_panel_##vectors(const ckernels_linear *linear, size_t column, size_t rows, \
                                       const float *a, size_t a_stride, const destination *to) { \
    linear_panel(vectors, linear, column, rows, a, a_stride, to); \
  }
LINEAR_PANEL(1)
LINEAR_PANEL(2)
#if PANEL_VECTORS > 2
LINEAR_PANEL(3)
LINEAR_PANEL(4)
#endif
#undef LINEAR_PANEL

/// Operands `[rows, words]` with `a_stride` words from row to row → `to`
static void linear_rows(const ckernels_linear *linear, size_t rows, const float *a, size_t a_stride,
                        const destination *to) {
  const size_t total = linear->padded_width / LANES;
  for (size_t v = 0; v < total; v += PANEL_VECTORS) {
    const size_t column = v * LANES;
    switch (total - v) {
      case 1: linear_panel_1(linear, column, rows, a, a_stride, to); break;
#if PANEL_VECTORS > 2
      case 2: linear_panel_2(linear, column, rows, a, a_stride, to); break;
      case 3: linear_panel_3(linear, column, rows, a, a_stride, to); break;
      default: linear_panel_4(linear, column, rows, a, a_stride, to); break;
#else
      default: linear_panel_2(linear, column, rows, a, a_stride, to); break;
#endif
    }
  }
}

/// Rows whose operands stay in the first two caches while all panels pass over them.
enum { row_block = 48 };

/// Left operands of a product.
typedef struct operand_rows {
  const float *first;
  size_t stride;
} operand_rows;

/// Rows `[rows, depth]` as a product reads them: themselves, or their rounding, which then fills
/// `rows * words` floats of `scratch`.
static operand_rows operands_of(const ckernels_linear *linear, size_t rows, const float *a,
                                size_t a_stride, float *scratch) {
  if (linear->precision == CKERNELS_PRECISION_FLOAT32) return (operand_rows){a, a_stride};
  // Rows without a gap between them, neither there nor here, are one.
  const bool is_one = a_stride == linear->depth && linear->depth % VALUES_PER_WORD == 0;
  const size_t count = is_one ? 1 : rows, depth = is_one ? rows * linear->depth : linear->depth;
  for (size_t m = 0; m < count; m++)
    round_row(depth, a + m * a_stride, scratch + m * linear->words);
  return (operand_rows){scratch, linear->words};
}

/// The floats that `operands_of` needs for `rows` rows.
static size_t operand_scratch(const ckernels_linear *linear, size_t rows) {
  return linear->precision == CKERNELS_PRECISION_FLOAT32 ? 0 : rows * linear->words;
}

static size_t dense_scratch(const ckernels_dense *layer) {
  return ckernels_float_bytes(operand_scratch(&layer->linear, row_block));
}

static void dense(const ckernels_dense *layer, size_t rows, const float *x, float *y,
                  void *scratch) {
  const ckernels_linear *linear = &layer->linear;
  const bool rounds = linear->precision == CKERNELS_PRECISION_BFLOAT16;
  for (size_t row = 0; row < rows; row += row_block) {
    const size_t count = rows - row < row_block ? rows - row : row_block;
    const size_t next = row + count, left = rounds ? rows - next : 0;
    const destination to = {.y = y + row * linear->width, .stride = linear->width,
                            .width = linear->width, .next = x + next * linear->depth,
                            .next_rows = left < row_block ? left : row_block,
                            .next_width = linear->depth};
    const operand_rows a =
        operands_of(linear, count, x + row * linear->depth, linear->depth, scratch);
    linear_rows(linear, count, a.first, a.stride, &to);
  }
}
