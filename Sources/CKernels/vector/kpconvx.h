// One KPConvX block, fused: all stages of a tile of rows before the next tile, in cache.

#include "modulation.h"

/// Pairs that look for their kernel points together, in several vectors.
enum { geometry_vectors = 4, geometry_pairs = geometry_vectors * LANES };

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
  const size_t pairs = ckernels_round_up(s.rows * neighbor_count, geometry_pairs);
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

INLINE vector squared_distance(const int dimensions, const vector *offset, const float *point,
                               size_t stride) {
  vector squared = zeros();
  UNROLL for (int d = 0; d < dimensions; d++) {
    const vector difference = splat(point[(size_t)d * stride]) - offset[d];
    squared = d == 0 ? difference * difference : multiply_add(difference, difference, squared);
  }
  return squared;
}

/// What a tile's geometry reads.
typedef struct geometry_source {
  const ckernels_kpconvx *layer;
  /// Those of the whole cloud.
  const float *x, *f;
  /// The tile's rows and their neighbors, `[rows, neighbor_count]`.
  size_t row, rows, neighbor_count;
  const int32_t *neighbors;
} geometry_source;

/// Coordinates of the neighbors of as many pairs as are looked at together.
typedef float staged_coordinates[ckernels_dimension_limit][geometry_pairs];

/// Asks for a row of features, four cache lines at a time.
INLINE void prefetch_row(const float *f, size_t width, size_t index) {
  enum { line = 64 / sizeof(float) };
  const float *row = f + index * width;
  for (size_t c = 0; c < width; c += 4 * line)
    UNROLL for (int l = 0; l < 4; l++) __builtin_prefetch(row + c + l * line);
}

/// Copies the coordinates of the neighbor of a pair, whose features are on their way then.
INLINE void stage_pair(const int dimensions, const float *x, const float *f, size_t width,
                       int32_t neighbor, float *staged) {
  const size_t index = (uint32_t)neighbor;
  // As words, which go past the queues where distances wait.
  UNROLL for (int d = 0; d < dimensions; d++) {
    uint32_t word;
    memcpy(&word, x + index * (size_t)dimensions + (size_t)d, sizeof word);
    memcpy(staged + d * geometry_pairs, &word, sizeof word);
  }
  prefetch_row(f, width, index);
}

/// Nearest kernel point, the lowest index on ties, and influence of `geometry_pairs` offsets.
///
/// Meanwhile the pairs from `next` on of the tile are staged, a few at a time, lest the memory has to
/// serve all of them at once.
INLINE void nearest_kernel_points(const int dimensions, const geometry_source *source,
                                  vector offsets[][ckernels_dimension_limit], int32_t *nearest,
                                  float *influence, size_t next, staged_coordinates staged) {
  enum { step = (geometry_pairs + 15) / 16 };
  const ckernels_kpconvx *layer = source->layer;
  const float *x = source->x, *f = source->f;
  const size_t width = layer->input_width, stride = layer->padded_kernel_point_count;
  const size_t kernel_point_count = layer->kernel_point_count;
  const size_t pairs = source->rows * source->neighbor_count;
  const size_t left = next < pairs ? pairs - next : 0;
  const size_t count = left < geometry_pairs ? left : geometry_pairs;
  const int32_t *neighbors = source->neighbors + next;
  size_t place = 0;
  vector best[geometry_vectors];
  integers index[geometry_vectors], candidate = {0};
  UNROLL for (int v = 0; v < geometry_vectors; v++) {
    best[v] = squared_distance(dimensions, offsets[v], layer->kernel_points, stride);
    index[v] = candidate;
  }
  for (size_t k = 1; k < kernel_point_count; k++) {
    candidate += 1;
    UNROLL for (int v = 0; v < geometry_vectors; v++)
      // Never less than NaN, which only a first distance can be if the others are not as well.
      keep_smaller(squared_distance(dimensions, offsets[v], layer->kernel_points + k, stride),
                   candidate, &best[v], &index[v]);
    if (place + step <= count) {
      UNROLL for (size_t i = 0; i < step; i++)
        stage_pair(dimensions, x, f, width, neighbors[place + i], staged[0] + place + i);
      place += step;
    }
  }
  for (; place < count; place++)
    stage_pair(dimensions, x, f, width, neighbors[place], staged[0] + place);
  const vector inverse = splat(1 / layer->influence_distance);
  UNROLL for (int v = 0; v < geometry_vectors; v++) {
    const vector raw = multiply_add(-square_root(best[v]), inverse, splat(1));
    store(influence + v * LANES, larger(zeros(), raw));
    store_integers(nearest + v * LANES, index[v]);
  }
}

/// Geometry of all pairs of a tile, whose features are on their way then. What is written behind the
/// last pair, up to a multiple of `geometry_pairs`, means nothing.
INLINE void tile_geometry(const int dimensions, const geometry_source *source, int32_t *nearest,
                          float *influence) {
  const float *x = source->x;
  const size_t neighbor_count = source->neighbor_count, pairs = source->rows * neighbor_count;
  const size_t last_row = source->row + source->rows - 1;
  size_t center = source->row, remaining = neighbor_count;
  integers lanes;
  UNROLL for (int l = 0; l < LANES; l++) lanes[l] = l;
  staged_coordinates staged[2] = {0};
  for (size_t p = 0; p < pairs && p < geometry_pairs; p++)
    stage_pair(dimensions, x, source->f, source->layer->input_width, source->neighbors[p],
               staged[0][0] + p);
  for (size_t p = 0; p < pairs; p += geometry_pairs) {
    const size_t current = p / geometry_pairs % 2;
    vector offsets[geometry_vectors][ckernels_dimension_limit];
    UNROLL for (int v = 0; v < geometry_vectors; v++) {
      vector coordinates[ckernels_dimension_limit];
      UNROLL for (int d = 0; d < dimensions; d++) {
        coordinates[d] = load(staged[current][d] + v * LANES);
        offsets[v][d] = coordinates[d] - splat(x[center * (size_t)dimensions + (size_t)d]);
      }
      size_t taken = remaining < LANES ? remaining : LANES;
      remaining -= taken;
      // Lanes from `taken` on belong to rows behind this one.
      while (remaining == 0 && center < last_row) {
        center++;
        remaining = neighbor_count;
        if (taken == LANES) break;
        const integers is_behind = lanes >= (int32_t)taken;
        UNROLL for (int d = 0; d < dimensions; d++)
          offsets[v][d] = choose_lanes(
              is_behind, coordinates[d] - splat(x[center * (size_t)dimensions + (size_t)d]),
              offsets[v][d]);
        const size_t more = remaining < LANES - taken ? remaining : LANES - taken;
        taken += more;
        remaining -= more;
      }
    }
    nearest_kernel_points(dimensions, source, offsets, nearest + p, influence + p,
                          p + geometry_pairs, staged[1 - current]);
  }
}

#define TILE_GEOMETRY(dimensions) \
  SEPARATE void tile_geometry_##dimensions(const geometry_source *source, int32_t *nearest, \
                                           float *influence) { \
    tile_geometry(dimensions, source, nearest, influence); \
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

typedef void (*tile_geometry_function)(const geometry_source *, int32_t *, float *);

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
  /// Where the rows' results go, `[rows, input_width]`.
  const float *result;
} aggregation;

/// Adds one neighbor to the sums of a chunk's channels; `is_octets` where each eight of them are one
/// group, `is_ragged` where the chunk's last vector ends behind the features' width.
INLINE void add_neighbor(const int vectors, const bool is_octets, const bool is_ragged,
                         const aggregation *g, size_t pair, size_t channel, size_t last_count,
                         const float *modulation, const integers *lane, vector *sums) {
  const ckernels_kpconvx *layer = g->layer;
  const size_t groups = layer->input_width / layer->group_size;
  const size_t k = (uint32_t)g->nearest[pair];
  const float *f = g->f + (size_t)(uint32_t)g->neighbors[pair] * layer->input_width + channel;
  const float *w = g->kernel_weights + k * layer->padded_width + channel;
  const float h = g->influence[pair];
  const octets eight = scaled_octets(modulation + k * groups, h);
  const vector scaled = is_octets ? zeros() : load(modulation + k * groups) * splat(h);
  UNROLL for (int b = 0; b < vectors; b++) {
    const vector spread = is_octets ? octet_lanes(eight, b) : permute(scaled, lane[b]);
    const vector feature = is_ragged && b == vectors - 1 ? load_first(f + b * LANES, last_count)
                                                         : load(f + b * LANES);
    sums[b] = multiply_add(spread * load(w + b * LANES), feature, sums[b]);
  }
}

/// Weighted sums over the neighbors, for one chunk of channels.
INLINE void aggregate_chunk(const int vectors, const bool is_octets, const bool is_ragged,
                            const aggregation *g, const ckernels_channel_chunk *chunk) {
  const ckernels_kpconvx *layer = g->layer;
  const size_t width = layer->input_width, channel = chunk->first_vector * LANES;
  const size_t neighbor_count = g->neighbor_count;
  const size_t last_count = width - channel - (size_t)(vectors - 1) * LANES;
  integers lane[ckernels_chunk_limit];
  UNROLL for (int b = 0; b < vectors; b++)
    lane[b] = load_integers(layer->group_lane + channel + b * LANES);
  for (size_t i = 0; i < g->rows; i++) {
    const size_t first = i * neighbor_count;
    const float *modulation = g->modulation + i * g->modulation_stride + chunk->first_group;
    // The lines that the block's last product writes are on their way then.
    UNROLL for (int b = 0; b < vectors * LANES; b += 64 / (int)sizeof(float))
      __builtin_prefetch(g->result + i * width + channel + b);
    vector sums[ckernels_chunk_limit];
    UNROLL for (int b = 0; b < vectors; b++) sums[b] = zeros();
    size_t j = 0;
    if (is_octets)
      for (; j + 2 <= neighbor_count; j += 2)
        UNROLL for (size_t n = 0; n < 2; n++)
          add_neighbor(vectors, is_octets, is_ragged, g, first + j + n, channel, last_count,
                       modulation, lane, sums);
    for (; j < neighbor_count; j++)
      add_neighbor(vectors, is_octets, is_ragged, g, first + j, channel, last_count, modulation,
                   lane, sums);
    UNROLL for (int b = 0; b < vectors; b++)
      store(g->y + i * layer->padded_width + channel + b * LANES, sums[b]);
  }
}

#define AGGREGATE(vectors) \
  SEPARATE void aggregate_##vectors(const aggregation *g, const ckernels_channel_chunk *chunk) { \
    const bool is_ragged = (chunk->first_vector + vectors) * LANES > g->layer->input_width; \
    if (is_ragged) \
      aggregate_chunk(vectors, false, true, g, chunk); \
    else if (g->layer->group_size == 8) \
      aggregate_chunk(vectors, true, false, g, chunk); \
    else \
      aggregate_chunk(vectors, false, false, g, chunk); \
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

typedef void (*aggregate_function)(const aggregation *, const ckernels_channel_chunk *);

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
    const geometry_source source = {layer, x, f, row, rows, neighbor_count,
                                    neighbors + row * neighbor_count};
    geometry(&source, nearest, influence);
    operand_rows a = operands_of(&block->alpha, rows, centers, width, base + s.operands);
    linear_rows(&block->alpha, rows, a.first, a.stride, &alpha);
    use_kernel_points(nearest, rows, neighbor_count, words, used);
    modulation_of_used(layer, &block->modulation, used, alpha.y, alpha.stride, modulation,
                       s.modulation_width);
    const aggregation g = {layer, block->kernel_weights, rows, neighbor_count,
                           neighbors + row * neighbor_count, nearest, influence, modulation,
                           s.modulation_width, f, base + s.aggregate, y + row * width};
    for (size_t c = 0; c < layer->chunk_count; c++)
      aggregates[layer->chunks[c].vector_count - 1](&g, &layer->chunks[c]);
    const destination out = {.y = y + row * width, .stride = width, .width = width,
                             .residual = centers, .residual_stride = width};
    a = operands_of(&block->up, rows, base + s.aggregate, padded_width, base + s.operands);
    linear_rows(&block->up, rows, a.first, a.stride, &hidden);
    linear_rows(&block->down, rows, hidden.y, hidden.stride, &out);
  }
}
