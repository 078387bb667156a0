#ifndef CKERNELS_INTERNAL_KNN_H
#define CKERNELS_INTERNAL_KNN_H

#include <math.h>
#include <string.h>

#include "variant.h"

enum {
  /// Points of a block and children of a node.
  ckernels_knn_fanout = 16,
  /// 16 blocks of level 0 and more than 2^31 points at level 7.
  ckernels_knn_level_limit = 8,
  /// The most neighbors that one pass over the tree finds.
  ckernels_knn_pass_limit = 64,
};

/// The index of what is no point.
#define CKERNELS_KNN_NONE UINT32_MAX

/// Points next to each other on the curve; those behind the last one have no index.
typedef struct ckernels_knn_points {
  float x[ckernels_knn_fanout], y[ckernels_knn_fanout], z[ckernels_knn_fanout];
  uint32_t index[ckernels_knn_fanout];
} ckernels_knn_points;

/// The bounding boxes of a node's children.
typedef struct ckernels_knn_node {
  float low_x[ckernels_knn_fanout], low_y[ckernels_knn_fanout], low_z[ckernels_knn_fanout];
  float high_x[ckernels_knn_fanout], high_y[ckernels_knn_fanout], high_z[ckernels_knn_fanout];
} ckernels_knn_node;

/// The grid of cells that a Morton curve passes through.
typedef struct ckernels_knn_curve {
  float low[3];
  double cells_per_unit;
  /// Cells along an axis, less one.
  double cells;
} ckernels_knn_curve;

/// Blocks of points; the nodes of level 0 bound sixteen of them each, those of level l + 1 sixteen
/// nodes of level l, up to the level of one node.
struct ckernels_knn {
  const ckernels_variant *variant;
  size_t count, dimension_count;
  size_t block_count;
  ckernels_knn_points *blocks;
  ckernels_knn_curve curve;
  /// The curve's position at the first point of each block.
  uint64_t *first_codes;
  size_t level_count;
  size_t node_counts[ckernels_knn_level_limit];
  ckernels_knn_node *nodes[ckernels_knn_level_limit];
};

/// A squared distance and a point's index as one number that orders by both: the bits of the
/// distance above those of the index, read as float64 (positive and finite, so in the same order).
static inline double ckernels_knn_key(float squared_distance, uint32_t index) {
  uint32_t high;
  memcpy(&high, &squared_distance, sizeof high);
  const uint64_t bits = (uint64_t)high << 32 | index;
  double key;
  memcpy(&key, &bits, sizeof key);
  return key;
}

static inline float ckernels_knn_key_distance(double key) {
  uint64_t bits;
  memcpy(&bits, &key, sizeof bits);
  const uint32_t high = (uint32_t)(bits >> 32);
  float squared_distance;
  memcpy(&squared_distance, &high, sizeof squared_distance);
  return squared_distance;
}

static inline uint32_t ckernels_knn_key_index(double key) {
  uint64_t bits;
  memcpy(&bits, &key, sizeof bits);
  return (uint32_t)bits;
}

/// One query: where it is and where its results go.
struct ckernels_knn_request {
  float x, y, z;
  /// A block near the query, which is searched first.
  size_t block;
  size_t k;
  float squared_radius;
  int32_t *indices;
  /// Or NULL.
  float *squared_distances;
};

/// Writes `count` sorted keys as results `first ..< first + count` of a request.
static inline void ckernels_knn_write(const ckernels_knn_request *request, size_t first,
                                      size_t count, const double *keys) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t index = ckernels_knn_key_index(keys[i]);
    const bool is_missing = index == CKERNELS_KNN_NONE;
    request->indices[first + i] = is_missing ? -1 : (int32_t)index;
    if (request->squared_distances)
      request->squared_distances[first + i] =
          is_missing ? INFINITY : ckernels_knn_key_distance(keys[i]);
  }
}

#endif
