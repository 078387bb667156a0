#ifndef CKERNELS_INTERNAL_OBJECTS_H
#define CKERNELS_INTERNAL_OBJECTS_H

#include "linear.h"

struct ckernels_dense {
  const ckernels_variant *variant;
  ckernels_linear linear;
};

struct ckernels_hourglass {
  const ckernels_variant *variant;
  ckernels_linear first;
  ckernels_linear second;
};

/// The weights of one KPConvX block.
typedef struct ckernels_kpconvx_block {
  /// `[kernel_point_count, padded input width]`
  float *kernel_weights;
  ckernels_linear alpha;
  ckernels_linear modulation;
  ckernels_linear up;
  ckernels_linear down;
} ckernels_kpconvx_block;

/// Consecutive vectors of channels whose groups are no more than the lanes of a vector.
typedef struct ckernels_channel_chunk {
  size_t first_vector, vector_count, first_group;
} ckernels_channel_chunk;

/// The most vectors of a chunk.
enum { ckernels_chunk_limit = 8 };

struct ckernels_kpconvx {
  const ckernels_variant *variant;
  size_t block_count, input_width, hidden_width, group_size, kernel_point_count, dimension_count;
  float influence_distance;
  /// `input_width` rounded up to whole vectors.
  size_t padded_width;
  /// `[dimension_count, padded kernel point count]`
  float *kernel_points;
  /// `kernel_point_count` rounded up to whole vectors.
  size_t padded_kernel_point_count;
  /// The chunks of channels that an aggregation handles at once.
  ckernels_channel_chunk *chunks;
  size_t chunk_count;
  /// The group of each channel, counted from the first group of its chunk,
  /// `[padded input width]`; less than the lanes of a vector.
  int32_t *group_lane;
  ckernels_kpconvx_block *blocks;
};

struct ckernels_kpconv {
  const ckernels_variant *variant;
  size_t kernel_point_count, dimension_count;
  size_t input_width;
  float influence_distance;
  /// `[kernel_point_count, dimension_count]`
  float *kernel_points;
  /// From `kernel_point_count * input_width`.
  ckernels_linear linear;
};

enum {
  /// Output pixels of a chunk of a locally connected layer: its filters of one tap and one output
  /// channel fill a line of memory.
  ckernels_chunk_pixels = 16,
  /// The most output channels whose filters lie interleaved.
  ckernels_channel_tile = 4,
};

/// The output channels of the next tile when `channels` are left: as many as fit of 4, 2 or 1.
static inline size_t ckernels_local_tile(size_t channels) {
  size_t tile = ckernels_channel_tile;
  while (tile > channels) tile /= 2;
  return tile;
}

struct ckernels_local_conv2d {
  const ckernels_variant *variant;
  ckernels_local_conv2d_shape shape;
  /// Chunks of output pixels (the last one padded with zeros), each in tiles of output channels
  /// `[1 + patch, channels, pixels]`, the bias first;
  /// `[output_channels, patch, pixels]` for the reference.
  float *filters;
  /// `[output_channels, pixels]`, for the reference only.
  float *bias;
};

struct ckernels_conv2d {
  const ckernels_variant *variant;
  /// Pointers in it are not kept.
  ckernels_conv2d_parameters shape;
  ckernels_linear linear;
};

/// The output extents of a locally connected layer.
static inline size_t ckernels_local_output_height(const ckernels_local_conv2d_shape *shape) {
  return shape->output_height;
}

static inline size_t ckernels_local_output_width(const ckernels_local_conv2d_shape *shape) {
  return shape->output_width;
}

#endif
