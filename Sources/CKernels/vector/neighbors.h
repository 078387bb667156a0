// Filters and maxima over listed neighbors, a few vectors of channels at a time.

enum { channel_vectors = 4 };

/// a where it is NaN, else the larger of the two, which is NaN where b is.
INLINE vector larger_or_nan(vector a, vector b) { return either(a != a, a, larger(a, b)); }

INLINE void max_chunk(const int vectors, size_t neighbor_count, size_t width, size_t columns,
                      const float *f, const int32_t *neighbors, float *y) {
  vector best[channel_vectors];
  const size_t last = columns - (size_t)(vectors - 1) * LANES;
  for (size_t j = 0; j < neighbor_count; j++) {
    const float *row = f + (size_t)(uint32_t)neighbors[j] * width;
    UNROLL for (int b = 0; b < vectors; b++) {
      const vector value = load_columns(row + b * LANES, b < vectors - 1 ? LANES : last);
      best[b] = j == 0 ? value : larger_or_nan(value, best[b]);
    }
  }
  UNROLL for (int b = 0; b < vectors; b++)
    store_columns(y + b * LANES, b < vectors - 1 ? LANES : last, best[b]);
}

static void neighbor_max(size_t rows, size_t neighbor_count, size_t width, const float *f,
                         const int32_t *neighbors, float *y) {
  for (size_t i = 0; i < rows; i++, neighbors += neighbor_count, y += width)
    for (size_t c = 0; c < width; c += channel_vectors * LANES) {
      const size_t columns = width - c;
      switch ((columns + LANES - 1) / LANES) {
        case 1: max_chunk(1, neighbor_count, width, columns, f + c, neighbors, y + c); break;
        case 2: max_chunk(2, neighbor_count, width, columns, f + c, neighbors, y + c); break;
        case 3: max_chunk(3, neighbor_count, width, columns, f + c, neighbors, y + c); break;
        default: max_chunk(4, neighbor_count, width, columns, f + c, neighbors, y + c); break;
      }
    }
}

/// The squared distance of two points.
INLINE float squared_offset(size_t dimensions, const float *a, const float *b) {
  float squared = 0;
  for (size_t d = 0; d < dimensions; d++) squared += (a[d] - b[d]) * (a[d] - b[d]);
  return squared;
}

/// The neighborhood of one query point, for the filters that weigh by distance.
typedef struct neighborhood {
  size_t count, dimensions;
  const int32_t *neighbors;
  const float *x_source;
  const float *x_query;
  /// The sign of the exponent over the largest squared distance; 0 for equal weights.
  float factor;
} neighborhood;

/// The weights of the neighbors `first ..< first + count`, count at most `LANES`.
INLINE void filter_weights(const neighborhood *n, size_t first, size_t count, float *weights) {
  if (n->factor == 0) {
    store(weights, splat(1));
    return;
  }
  float exponents[LANES];
  for (size_t l = 0; l < LANES; l++)
    exponents[l] =
        l < count ? squared_offset(n->dimensions,
                                   n->x_source + (size_t)n->neighbors[first + l] * n->dimensions,
                                   n->x_query) * n->factor
                  : 0;
  store(weights, exponential(load(exponents)));
}

INLINE void filter_chunk(const int vectors, const neighborhood *n, size_t width, size_t columns,
                         const float *f, float *y) {
  vector sums[channel_vectors];
  UNROLL for (int b = 0; b < vectors; b++) sums[b] = zeros();
  float total = 0;
  const size_t last = columns - (size_t)(vectors - 1) * LANES;
  for (size_t first = 0; first < n->count; first += LANES) {
    float weights[LANES];
    const size_t count = n->count - first < LANES ? n->count - first : LANES;
    filter_weights(n, first, count, weights);
    for (size_t j = 0; j < count; j++) {
      const float *row = f + (size_t)(uint32_t)n->neighbors[first + j] * width;
      const vector weight = splat(weights[j]);
      total += weights[j];
      UNROLL for (int b = 0; b < vectors; b++)
        sums[b] = multiply_add(
            weight, load_columns(row + b * LANES, b < vectors - 1 ? LANES : last), sums[b]);
    }
  }
  UNROLL for (int b = 0; b < vectors; b++)
    store_columns(y + b * LANES, b < vectors - 1 ? LANES : last, sums[b] / splat(total));
}

/// The factor of the exponents: ±1 / the largest squared distance, 0 where that is zero.
static float filter_factor(ckernels_filter_kind kind, const neighborhood *n) {
  if (kind == CKERNELS_FILTER_MEAN) return 0;
  float largest = 0;
  for (size_t j = 0; j < n->count; j++) {
    const float squared = squared_offset(
        n->dimensions, n->x_source + (size_t)n->neighbors[j] * n->dimensions, n->x_query);
    if (!(squared <= largest)) largest = squared;
  }
  if (largest == 0) return 0;
  return kind == CKERNELS_FILTER_GAUSSIAN ? -1 / largest : 1 / largest;
}

static void neighbor_filter(ckernels_filter_kind kind, size_t rows, size_t neighbor_count,
                            size_t dimension_count, size_t width, const float *x_source,
                            const float *x_query, const float *f, const int32_t *neighbors,
                            float *y) {
  if (kind == CKERNELS_FILTER_NEAREST) {
    ckernels_reference_neighbor_filter(kind, rows, neighbor_count, dimension_count, width, x_source,
                                       x_query, f, neighbors, y);
    return;
  }
  for (size_t i = 0; i < rows; i++, y += width) {
    neighborhood n = {neighbor_count, dimension_count, neighbors + i * neighbor_count,
                      x_source,       x_query ? x_query + i * dimension_count : NULL, 0};
    n.factor = filter_factor(kind, &n);
    for (size_t c = 0; c < width; c += channel_vectors * LANES) {
      const size_t columns = width - c;
      switch ((columns + LANES - 1) / LANES) {
        case 1: filter_chunk(1, &n, width, columns, f + c, y + c); break;
        case 2: filter_chunk(2, &n, width, columns, f + c, y + c); break;
        case 3: filter_chunk(3, &n, width, columns, f + c, y + c); break;
        default: filter_chunk(4, &n, width, columns, f + c, y + c); break;
      }
    }
  }
}
