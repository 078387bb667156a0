// One KPConvX block, fused: all stages of a tile of rows before the next tile, in cache.

#include "modulation.h"

/// The parts of the scratch memory of a tile, in floats from its beginning.
typedef struct kpconvx_scratch_layout {
  size_t rows;
  size_t modulation_width;
  size_t alpha, modulation, aggregate, hidden, nearest, influence, used, operands, total;
} kpconvx_scratch_layout;

static kpconvx_scratch_layout kpconvx_layout(const ckernels_kpconvx *layer, size_t neighbor_count) {
  enum { byte_limit = 512 << 10, pair_limit = 4096 };
  const ckernels_kpconvx_block *block = &layer->blocks[0];
  kpconvx_scratch_layout s;
  // A chunk's modulations are loaded as one vector, which may end behind the row.
  s.modulation_width = block->modulation.padded_width + LANES;
  const size_t row_floats =
      2 * layer->padded_width + s.modulation_width + block->up.padded_width;
  const size_t fitting = byte_limit / sizeof(float) / row_floats / ROW_TILE;
  s.rows = (fitting > 1 ? fitting : 1) * ROW_TILE;
  if (s.rows > row_block) s.rows = row_block;
  if (s.rows > pair_limit / (neighbor_count > 0 ? neighbor_count : 1))
    s.rows = pair_limit / neighbor_count;
  if (s.rows > ROW_TILE) s.rows = s.rows / ROW_TILE * ROW_TILE;
  if (s.rows < 1) s.rows = 1;
  const size_t pairs = ckernels_round_up(s.rows * neighbor_count, 2 * LANES);
  s.alpha = 0;
  s.modulation = s.alpha + ckernels_round_up(s.rows * layer->padded_width, 16);
  s.aggregate = s.modulation + ckernels_round_up(s.rows * s.modulation_width, 16);
  s.hidden = s.aggregate + ckernels_round_up(s.rows * layer->padded_width, 16);
  s.nearest = s.hidden + ckernels_round_up(s.rows * block->up.padded_width, 16);
  s.influence = s.nearest + ckernels_round_up(pairs, 16);
  s.used = s.influence + ckernels_round_up(pairs, 16);
  s.operands = s.used + row_block * ((layer->kernel_point_count + 31) / 32);
  s.total = s.operands + ckernels_round_up(operand_scratch(&block->up, s.rows), 16);
  return s;
}

static size_t kpconvx_scratch(const ckernels_kpconvx *layer, size_t neighbor_count) {
  return kpconvx_layout(layer, neighbor_count).total * sizeof(float);
}

/// The coordinates of the rows that `index` names, relative to those that `center` names.
INLINE void gather_offsets(const int dimensions, const float *x, const int32_t *index,
                           const int32_t *center, bool is_one_center, vector *offsets) {
  UNROLL for (int first = 0; first < dimensions; first += 4) {
    const int count = dimensions - first < 4 ? dimensions - first : 4;
    gather_columns(x + first, (size_t)dimensions, (size_t)count, index, offsets + first);
    if (is_one_center) {
      UNROLL for (int d = 0; d < count; d++)
        offsets[first + d] -= splat(x[(size_t)center[0] * (size_t)dimensions + first + d]);
    } else {
      vector centers[4];
      gather_columns(x + first, (size_t)dimensions, (size_t)count, center, centers);
      UNROLL for (int d = 0; d < count; d++) offsets[first + d] -= centers[d];
    }
  }
}

INLINE vector squared_distance(const int dimensions, const vector *offset, const float *point,
                               size_t stride) {
  vector squared = zeros();
  UNROLL for (int d = 0; d < dimensions; d++) {
    const vector difference = splat(point[(size_t)d * stride]) - offset[d];
    squared = d == 0 ? difference * difference : multiply_add(difference, difference, squared);
  }
  return squared;
}

/// Vectors of pairs that look for their kernel points together.
enum { geometry_vectors = 4 };

/// Asks for a row of features, four cache lines at a time.
INLINE void prefetch_row(const float *f, size_t width, int32_t index) {
  enum { line = 64 / sizeof(float) };
  const float *row = f + (size_t)(uint32_t)index * width;
  for (size_t c = 0; c < width; c += 4 * line)
    UNROLL for (int l = 0; l < 4; l++) __builtin_prefetch(row + c + l * line);
}

/// Nearest kernel point and influence of `pair_vectors * LANES` offsets; the lowest index on ties.
INLINE void nearest_kernel_points(const int dimensions, const int pair_vectors,
                                  const ckernels_kpconvx *layer, const float *f,
                                  const int32_t *wanted,
                                  vector offsets[][ckernels_dimension_limit],
                                  int32_t *nearest, float *influence) {
  const size_t stride = layer->padded_kernel_point_count;
  const size_t kernel_point_count = layer->kernel_point_count;
  const int step = (pair_vectors * LANES + 15) / 16;
  int asked = 0;
  vector best[geometry_vectors];
  integers index[geometry_vectors], candidate = {0};
  UNROLL for (int v = 0; v < pair_vectors; v++) {
    best[v] = squared_distance(dimensions, offsets[v], layer->kernel_points, stride);
    index[v] = candidate;
  }
  for (size_t k = 1; k < kernel_point_count; k++) {
    candidate += 1;
    UNROLL for (int v = 0; v < pair_vectors; v++)
      // Never less than NaN, which only a first distance can be if the others are not as well.
      keep_smaller(squared_distance(dimensions, offsets[v], layer->kernel_points + k, stride),
                   candidate, &best[v], &index[v]);
    // A few at a time, lest the memory has to serve all of them at once.
    if (asked < pair_vectors * LANES) {
      UNROLL for (int i = 0; i < step; i++)
        prefetch_row(f, layer->input_width, wanted[asked + i]);
      asked += step;
    }
  }
  for (; asked < pair_vectors * LANES; asked++)
    prefetch_row(f, layer->input_width, wanted[asked]);
  const vector inverse = splat(1 / layer->influence_distance);
  UNROLL for (int v = 0; v < pair_vectors; v++) {
    const vector raw = multiply_add(-square_root(best[v]), inverse, splat(1));
    store(influence + v * LANES, larger(zeros(), raw));
    store_integers(nearest + v * LANES, index[v]);
  }
}

/// Geometry of the pairs of `rows` rows with all their neighbors, whose features are on their way then.
INLINE void tile_geometry(const int dimensions, const ckernels_kpconvx *layer, size_t row,
                          size_t rows, size_t neighbor_count, const float *x, const float *f,
                          const int32_t *neighbors, int32_t *nearest, float *influence) {
  const size_t pairs = rows * neighbor_count;
  const bool is_one_center = neighbor_count % LANES == 0;
  const int32_t *listed = neighbors + row * neighbor_count;
  size_t center = row, remaining = neighbor_count;
  for (size_t p = 0; p < pairs; p += geometry_vectors * LANES) {
    vector offsets[geometry_vectors][ckernels_dimension_limit];
    int32_t wanted[geometry_vectors * LANES];
    const size_t left = (pairs - p + LANES - 1) / LANES;
    const int vectors = left < geometry_vectors ? (int)left : geometry_vectors;
    for (int v = 0; v < vectors; v++) {
      const size_t first = p + v * LANES, count = pairs - first;
      int32_t padded[LANES], centers[LANES];
      const int32_t *index = listed + first;
      if (count < LANES) {
        for (size_t l = 0; l < LANES; l++) padded[l] = index[l < count ? l : count - 1];
        index = padded;
      }
      if (is_one_center) {
        centers[0] = (int32_t)center;
        remaining -= LANES;
        if (remaining == 0) {
          center++;
          remaining = neighbor_count;
        }
      } else {
        for (size_t l = 0; l < LANES; l++) {
          centers[l] = (int32_t)center;
          if (l + 1 < count && --remaining == 0) {
            center++;
            remaining = neighbor_count;
          }
        }
      }
      UNROLL for (int l = 0; l < LANES; l++) wanted[v * LANES + l] = index[l];
      gather_offsets(dimensions, x, index, centers, is_one_center, offsets[v]);
    }
    if (vectors == geometry_vectors)
      nearest_kernel_points(dimensions, geometry_vectors, layer, f, wanted, offsets, nearest + p,
                            influence + p);
    else
      for (int v = 0; v < vectors; v++)
        nearest_kernel_points(dimensions, 1, layer, f, wanted + v * LANES, offsets + v,
                              nearest + p + v * LANES, influence + p + v * LANES);
  }
}

#define TILE_GEOMETRY(dimensions) \
  SEPARATE void tile_geometry_##dimensions( \
      const ckernels_kpconvx *layer, size_t row, size_t rows, size_t neighbor_count, \
      const float *x, const float *f, const int32_t *neighbors, int32_t *nearest, \
      float *influence) { \
    tile_geometry(dimensions, layer, row, rows, neighbor_count, x, f, neighbors, nearest, \
                  influence); \
  }
TILE_GEOMETRY(1)
TILE_GEOMETRY(2)
TILE_GEOMETRY(3)
TILE_GEOMETRY(4)
TILE_GEOMETRY(5)
TILE_GEOMETRY(6)
TILE_GEOMETRY(7)
TILE_GEOMETRY(8)
#undef TILE_GEOMETRY

typedef void (*tile_geometry_function)(const ckernels_kpconvx *, size_t, size_t, size_t,
                                       const float *, const float *, const int32_t *, int32_t *,
                                       float *);

static const tile_geometry_function tile_geometries[] = {
    tile_geometry_1, tile_geometry_2, tile_geometry_3, tile_geometry_4,
    tile_geometry_5, tile_geometry_6, tile_geometry_7, tile_geometry_8,
};

/// What the aggregation of some rows reads and writes.
typedef struct aggregation {
  const ckernels_kpconvx *layer;
  const float *kernel_weights;
  size_t rows, neighbor_count;
  /// `[rows, neighbor_count]` each
  const int32_t *neighbors;
  const int32_t *nearest;
  const float *influence;
  /// `[rows, modulation_stride]`
  const float *modulation;
  size_t modulation_stride;
  /// The features of the whole cloud, `[points, input_width]`.
  const float *f;
  /// `[rows, padded_width]`
  float *y;
} aggregation;

/// Weighted sums over the neighbors, for one chunk of channels; `is_ragged` where the chunk's last
/// vector ends behind the features' width.
INLINE void aggregate_chunk(const int vectors, const bool is_ragged, const aggregation *g,
                            const ckernels_channel_chunk *chunk) {
  const ckernels_kpconvx *layer = g->layer;
  const size_t width = layer->input_width, padded_width = layer->padded_width;
  const size_t groups = width / layer->group_size, channel = chunk->first_vector * LANES;
  const size_t neighbor_count = g->neighbor_count;
  const size_t last_count = width - channel - (size_t)(vectors - 1) * LANES;
  integers lane[ckernels_chunk_limit];
  UNROLL for (int b = 0; b < vectors; b++)
    lane[b] = load_integers(layer->group_lane + channel + b * LANES);
  for (size_t i = 0; i < g->rows; i++) {
    const size_t first = i * neighbor_count;
    const float *modulation = g->modulation + i * g->modulation_stride + chunk->first_group;
    vector sums[ckernels_chunk_limit];
    UNROLL for (int b = 0; b < vectors; b++) sums[b] = zeros();
    for (size_t j = 0; j < neighbor_count; j++) {
      const size_t k = (uint32_t)g->nearest[first + j];
      const float *f = g->f + (size_t)(uint32_t)g->neighbors[first + j] * width + channel;
      const float *w = g->kernel_weights + k * padded_width + channel;
      const vector scaled = load(modulation + k * groups) * splat(g->influence[first + j]);
      UNROLL for (int b = 0; b < vectors; b++) {
        const vector weight = permute(scaled, lane[b]) * load(w + b * LANES);
        const vector feature = is_ragged && b == vectors - 1 ? load_first(f + b * LANES, last_count)
                                                             : load(f + b * LANES);
        sums[b] = multiply_add(weight, feature, sums[b]);
      }
    }
    UNROLL for (int b = 0; b < vectors; b++)
      store(g->y + i * padded_width + channel + b * LANES, sums[b]);
  }
}

#define AGGREGATE(vectors) \
  SEPARATE void aggregate_##vectors(const aggregation *g, const ckernels_channel_chunk *chunk, \
                                    bool is_ragged) { \
    if (is_ragged) \
      aggregate_chunk(vectors, true, g, chunk); \
    else \
      aggregate_chunk(vectors, false, g, chunk); \
  }
AGGREGATE(1)
AGGREGATE(2)
AGGREGATE(3)
AGGREGATE(4)
AGGREGATE(5)
AGGREGATE(6)
AGGREGATE(7)
AGGREGATE(8)
#undef AGGREGATE

typedef void (*aggregate_function)(const aggregation *, const ckernels_channel_chunk *, bool);

static const aggregate_function aggregates[ckernels_chunk_limit] = {
    aggregate_1, aggregate_2, aggregate_3, aggregate_4,
    aggregate_5, aggregate_6, aggregate_7, aggregate_8,
};

static void kpconvx(const ckernels_kpconvx *layer, size_t block_index, size_t row_begin,
                    size_t row_end, size_t neighbor_count, const float *x, const float *f,
                    const int32_t *neighbors, float *y, void *scratch) {
  const ckernels_kpconvx_block *block = &layer->blocks[block_index];
  const kpconvx_scratch_layout s = kpconvx_layout(layer, neighbor_count);
  const size_t width = layer->input_width, padded_width = layer->padded_width;
  float *base = scratch;
  int32_t *nearest = (int32_t *)(base + s.nearest);
  uint32_t *used = (uint32_t *)(base + s.used);
  const size_t words = (layer->kernel_point_count + 31) / 32;
  const size_t hidden_width = block->up.padded_width;
  const bool is_rounded = block->up.precision == CKERNELS_PRECISION_BFLOAT16;
  const destination alpha = {.y = base + s.alpha, .stride = padded_width / VALUES_PER_WORD,
                             .width = padded_width, .is_rounded = is_rounded};
  float *modulation = base + s.modulation, *influence = base + s.influence;
  const destination hidden = {.y = base + s.hidden, .stride = hidden_width / VALUES_PER_WORD,
                              .width = hidden_width, .is_rounded = is_rounded};
  const tile_geometry_function geometry = tile_geometries[layer->dimension_count - 1];
  for (size_t row = row_begin; row < row_end; row += s.rows) {
    const size_t rows = row_end - row < s.rows ? row_end - row : s.rows;
    const float *centers = f + row * width;
    geometry(layer, row, rows, neighbor_count, x, f, neighbors, nearest, influence);
    operand_rows a = operands_of(&block->alpha, rows, centers, width, base + s.operands);
    linear_rows(&block->alpha, rows, a.first, a.stride, &alpha);
    use_kernel_points(nearest, rows, neighbor_count, words, used);
    modulation_of_used(layer, &block->modulation, used, alpha.y, alpha.stride, modulation,
                       s.modulation_width);
    const aggregation g = {layer, block->kernel_weights, rows, neighbor_count,
                           neighbors + row * neighbor_count, nearest, influence, modulation,
                           s.modulation_width, f, base + s.aggregate};
    for (size_t c = 0; c < layer->chunk_count; c++) {
      const ckernels_channel_chunk *chunk = &layer->chunks[c];
      const bool is_ragged = (chunk->first_vector + chunk->vector_count) * LANES > width;
      aggregates[chunk->vector_count - 1](&g, chunk, is_ragged);
    }
    const destination out = {.y = y + row * width, .stride = width, .width = width,
                             .residual = centers, .residual_stride = width};
    a = operands_of(&block->up, rows, base + s.aggregate, padded_width, base + s.operands);
    linear_rows(&block->up, rows, a.first, a.stride, &hidden);
    linear_rows(&block->down, rows, hidden.y, hidden.stride, &out);
  }
}
