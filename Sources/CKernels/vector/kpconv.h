// KPConv: features gathered per kernel point, `[rows, kernel points * input width]`, then one product.

typedef struct kpconv_scratch_layout {
  size_t rows;
  /// Rows whose neighbors' influences are held at once.
  size_t geometry_rows;
  size_t pairs;
  size_t gathered, influence, total;
} kpconv_scratch_layout;

static kpconv_scratch_layout kpconv_layout(const ckernels_kpconv *layer, size_t neighbor_count) {
  enum { byte_limit = 256 << 10, influence_limit = 16 << 10 };
  kpconv_scratch_layout s;
  const size_t fitting = byte_limit / sizeof(float) / layer->linear.depth / ROW_TILE;
  s.rows = (fitting > 1 ? fitting : 1) * ROW_TILE;
  if (s.rows > row_block) s.rows = row_block;
  const size_t row_influences = neighbor_count * layer->kernel_point_count;
  s.geometry_rows = influence_limit / (row_influences > 0 ? row_influences : 1);
  if (s.geometry_rows < 1) s.geometry_rows = 1;
  if (s.geometry_rows > s.rows) s.geometry_rows = s.rows;
  s.pairs = ckernels_round_up(s.geometry_rows * neighbor_count, LANES);
  s.gathered = 0;
  s.influence = ckernels_round_up(s.rows * layer->linear.depth, 16);
  s.total = s.influence + ckernels_round_up(s.pairs * layer->kernel_point_count, 16);
  return s;
}

static size_t kpconv_scratch(const ckernels_kpconv *layer, size_t neighbor_count) {
  return kpconv_layout(layer, neighbor_count).total * sizeof(float);
}

/// Influences of every kernel point on every pair of the rows: `[kernel points, pairs]`.
SEPARATE void kpconv_influences(const ckernels_kpconv *layer, size_t rows, size_t neighbor_count,
                                const float *x_query, const float *x_source,
                                const int32_t *neighbors, size_t pairs, float *influence) {
  const size_t dimensions = layer->dimension_count, count = rows * neighbor_count;
  const vector inverse = splat(1 / layer->influence_distance);
  for (size_t p = 0; p < count; p += LANES) {
    float lanes[ckernels_dimension_limit][LANES];
    for (size_t l = 0; l < LANES; l++) {
      const size_t pair = p + l < count ? p + l : count - 1;
      const float *source = x_source + (size_t)(uint32_t)neighbors[pair] * dimensions;
      const float *query = x_query + pair / neighbor_count * dimensions;
      for (size_t d = 0; d < dimensions; d++) lanes[d][l] = source[d] - query[d];
    }
    for (size_t k = 0; k < layer->kernel_point_count; k++) {
      vector squared = zeros();
      for (size_t d = 0; d < dimensions; d++) {
        const vector difference = load(lanes[d]) - splat(layer->kernel_points[k * dimensions + d]);
        squared = multiply_add(difference, difference, squared);
      }
      store(influence + k * pairs + p,
            larger(zeros(), multiply_add(-square_root(squared), inverse, splat(1))));
    }
  }
}

/// Sums over the neighbors of one row for one kernel point and `vectors` vectors of channels.
INLINE void gather_chunk(const int vectors, size_t neighbor_count, size_t width, size_t columns,
                         const float *influence, const float *f, const int32_t *neighbors,
                         float *y) {
  vector sums[ckernels_chunk_limit];
  UNROLL for (int b = 0; b < vectors; b++) sums[b] = zeros();
  const bool is_full = columns >= (size_t)vectors * LANES;
  const size_t last = columns - (size_t)(vectors - 1) * LANES;
  for (size_t j = 0; j < neighbor_count; j++) {
    const float *row = f + (size_t)(uint32_t)neighbors[j] * width;
    const vector h = splat(influence[j]);
    UNROLL for (int b = 0; b < vectors - 1; b++)
      sums[b] = multiply_add(h, load(row + b * LANES), sums[b]);
    const float *end = row + (vectors - 1) * LANES;
    sums[vectors - 1] =
        multiply_add(h, is_full ? load(end) : load_first(end, last), sums[vectors - 1]);
  }
  UNROLL for (int b = 0; b < vectors; b++)
    store_columns(y + b * LANES, b < vectors - 1 ? LANES : last, sums[b]);
}

SEPARATE void kpconv_gather_row(const ckernels_kpconv *layer, size_t neighbor_count, size_t pairs,
                                const float *influence, const float *f, const int32_t *neighbors,
                                float *y) {
  const size_t width = layer->input_width;
  for (size_t c = 0; c < width;) {
    const size_t columns = width - c, vectors = (columns + LANES - 1) / LANES;
    const size_t step = vectors >= 4 ? 4 : vectors >= 2 ? 2 : 1;
    const size_t valid = columns < step * LANES ? columns : step * LANES;
    for (size_t k = 0; k < layer->kernel_point_count; k++) {
      const float *h = influence + k * pairs;
      float *to = y + k * width + c;
      switch (step) {
        case 4: gather_chunk(4, neighbor_count, width, valid, h, f + c, neighbors, to); break;
        case 2: gather_chunk(2, neighbor_count, width, valid, h, f + c, neighbors, to); break;
        default: gather_chunk(1, neighbor_count, width, valid, h, f + c, neighbors, to); break;
      }
    }
    c += step * LANES;
  }
}

static void kpconv(const ckernels_kpconv *layer, size_t rows, size_t neighbor_count,
                   const float *x_query, const float *x_source, const float *f,
                   const int32_t *neighbors, float *y, void *scratch) {
  const kpconv_scratch_layout s = kpconv_layout(layer, neighbor_count);
  const size_t depth = layer->linear.depth, width = layer->linear.width;
  float *gathered = (float *)scratch + s.gathered, *influence = (float *)scratch + s.influence;
  for (size_t row = 0; row < rows; row += s.rows) {
    const size_t count = rows - row < s.rows ? rows - row : s.rows;
    for (size_t r = 0; r < count; r += s.geometry_rows) {
      const size_t some = count - r < s.geometry_rows ? count - r : s.geometry_rows;
      const int32_t *listed = neighbors + (row + r) * neighbor_count;
      kpconv_influences(layer, some, neighbor_count, x_query + (row + r) * layer->dimension_count,
                        x_source, listed, s.pairs, influence);
      for (size_t i = 0; i < some; i++)
        kpconv_gather_row(layer, neighbor_count, s.pairs, influence + i * neighbor_count, f,
                          listed + i * neighbor_count, gathered + (r + i) * depth);
    }
    const destination to = {.y = y + row * width, .stride = width, .width = width};
    linear_rows(&layer->linear, count, gathered, depth, &to);
  }
}
