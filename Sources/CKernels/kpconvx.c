#include <stdlib.h>
#include <string.h>

#include "internal/memory.h"
#include "internal/objects.h"

/// Copies `[rows, width]` into rows of `padded_width`, zeros behind.
static float *pad_rows(size_t rows, size_t width, size_t padded_width, const float *values) {
  size_t count;
  if (!ckernels_multiply(rows, padded_width, &count)) return NULL;
  float *padded = ckernels_allocate_floats(count);
  if (!padded) return NULL;
  for (size_t r = 0; r < rows; r++)
    memcpy(padded + r * padded_width, values + r * width, width * sizeof(float));
  return padded;
}

static bool pack_modulation(ckernels_linear *linear, const ckernels_kpconvx *layer, size_t b,
                            const ckernels_kpconvx_parameters *p) {
  const ckernels_activation sigmoid = {CKERNELS_ACTIVATION_SIGMOID, 0};
  const size_t depth = p->input_width;
  const size_t width = p->kernel_point_count * (p->input_width / p->group_size);
  const float *weights = p->modulation_weights + b * depth * width;
  const float *bias = p->modulation_bias + b * width;
  if (layer->variant->parts > 0)
    return ckernels_linear_pack_parts(linear, layer->variant, p->precision, depth, width, weights,
                                      bias, sigmoid);
  return ckernels_linear_pack(linear, layer->variant, p->precision, depth, width, weights, bias,
                              sigmoid, NULL, NULL);
}

static bool pack_block(ckernels_kpconvx_block *block, const ckernels_kpconvx *layer, size_t b,
                       const ckernels_kpconvx_parameters *p) {
  const size_t width = p->input_width, hidden = p->hidden_width;
  block->kernel_weights =
      pad_rows(p->kernel_point_count, width, layer->padded_width,
               p->kernel_weights + b * p->kernel_point_count * width);
  return block->kernel_weights &&
         ckernels_linear_pack(&block->alpha, layer->variant, p->precision, width, width,
                              p->alpha_weights + b * width * width, p->alpha_bias + b * width,
                              p->activation, NULL, NULL) &&
         pack_modulation(&block->modulation, layer, b, p) &&
         ckernels_linear_pack(&block->up, layer->variant, p->precision, width, hidden,
                              p->up_weights + b * width * hidden, p->up_bias + b * hidden,
                              p->activation, NULL, NULL) &&
         ckernels_linear_pack(&block->down, layer->variant, p->precision, hidden, width,
                              p->down_weights + b * hidden * width, p->down_bias + b * width,
                              p->activation, NULL, NULL);
}

static bool pack_kernel_points(ckernels_kpconvx *layer, const ckernels_kpconvx_parameters *p) {
  const size_t padded = layer->padded_kernel_point_count;
  layer->kernel_points = ckernels_allocate_floats(p->dimension_count * padded);
  if (!layer->kernel_points) return false;
  for (size_t k = 0; k < p->kernel_point_count; k++)
    for (size_t d = 0; d < p->dimension_count; d++)
      layer->kernel_points[d * padded + k] = p->kernel_points[k * p->dimension_count + d];
  return true;
}

static bool pack_chunks(ckernels_kpconvx *layer) {
  const size_t lanes = layer->variant->lanes, vectors = layer->padded_width / lanes;
  layer->chunks = calloc(vectors, sizeof *layer->chunks);
  layer->group_lane = (int32_t *)ckernels_allocate_floats(layer->padded_width);
  if (!layer->chunks || !layer->group_lane) return false;
  // Eight groups of eight channels have kernels of their own.
  const size_t group_limit = layer->group_size == 8 && lanes > 8 ? 8 : lanes;
  ckernels_channel_chunk *chunk = NULL;
  for (size_t v = 0; v < vectors; v++) {
    const size_t first_channel = v * lanes;
    size_t last_channel = first_channel + lanes - 1;
    if (last_channel >= layer->input_width) last_channel = layer->input_width - 1;
    const size_t last_group = last_channel / layer->group_size;
    if (!chunk || chunk->vector_count == ckernels_chunk_limit ||
        last_group - chunk->first_group >= group_limit) {
      chunk = &layer->chunks[layer->chunk_count++];
      chunk->first_vector = v;
      chunk->first_group = first_channel / layer->group_size;
    }
    chunk->vector_count++;
    for (size_t l = 0; l < lanes; l++) {
      const size_t channel = first_channel + l < last_channel ? first_channel + l : last_channel;
      layer->group_lane[first_channel + l] =
          (int32_t)(channel / layer->group_size - chunk->first_group);
    }
  }
  return true;
}

ckernels_kpconvx *ckernels_kpconvx_create(const ckernels_kpconvx_parameters *p) {
  ckernels_kpconvx *layer = calloc(1, sizeof *layer);
  if (!layer) return NULL;
  layer->variant = ckernels_variant_for(p->precision);
  layer->block_count = p->block_count;
  layer->input_width = p->input_width;
  layer->hidden_width = p->hidden_width;
  layer->group_size = p->group_size;
  layer->kernel_point_count = p->kernel_point_count;
  layer->dimension_count = p->dimension_count;
  layer->influence_distance = p->influence_distance;
  layer->padded_width = ckernels_round_up(p->input_width, layer->variant->lanes);
  layer->padded_kernel_point_count =
      ckernels_round_up(p->kernel_point_count, layer->variant->lanes);
  layer->blocks = calloc(p->block_count, sizeof *layer->blocks);
  bool packed = layer->blocks && pack_kernel_points(layer, p) && pack_chunks(layer);
  for (size_t b = 0; packed && b < p->block_count; b++)
    packed = pack_block(&layer->blocks[b], layer, b, p);
  if (packed) return layer;
  ckernels_kpconvx_destroy(layer);
  return NULL;
}

size_t ckernels_kpconvx_rows_scratch_bytes(const ckernels_kpconvx *layer, size_t neighbor_count) {
  return layer->variant->kpconvx_scratch(layer, neighbor_count);
}

void ckernels_kpconvx_run_rows(const ckernels_kpconvx *layer, size_t block, size_t row_begin,
                               size_t row_end, size_t neighbor_count, const float *x,
                               const float *f, const int32_t *neighbors, float *y, void *scratch) {
  layer->variant->kpconvx(layer, block, row_begin, row_end, neighbor_count, x, f, neighbors, y,
                          scratch);
}

size_t ckernels_kpconvx_scratch_bytes(const ckernels_kpconvx *layer, size_t rows,
                                      size_t neighbor_count) {
  const size_t between = layer->block_count > 1 ? rows * layer->input_width : 0;
  return ckernels_kpconvx_rows_scratch_bytes(layer, neighbor_count) + ckernels_float_bytes(between);
}

void ckernels_kpconvx_run(const ckernels_kpconvx *layer, size_t rows, size_t neighbor_count,
                          const float *x, const float *f, const int32_t *neighbors, float *y,
                          void *scratch) {
  float *between =
      (float *)((char *)scratch + ckernels_kpconvx_rows_scratch_bytes(layer, neighbor_count));
  for (size_t b = 0; b < layer->block_count; b++) {
    // Blocks alternate between the two buffers so that the last one writes to y.
    float *to = (layer->block_count - b) % 2 == 1 ? y : between;
    ckernels_kpconvx_run_rows(layer, b, 0, rows, neighbor_count, x, f, neighbors, to, scratch);
    f = to;
  }
}

void ckernels_kpconvx_destroy(ckernels_kpconvx *layer) {
  if (!layer) return;
  for (size_t b = 0; layer->blocks && b < layer->block_count; b++) {
    ckernels_kpconvx_block *block = &layer->blocks[b];
    free(block->kernel_weights);
    ckernels_linear_free(&block->alpha);
    ckernels_linear_free(&block->modulation);
    ckernels_linear_free(&block->up);
    ckernels_linear_free(&block->down);
  }
  free(layer->blocks);
  free(layer->kernel_points);
  free(layer->chunks);
  free(layer->group_lane);
  free(layer);
}
