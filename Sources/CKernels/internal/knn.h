#ifndef CKERNELS_INTERNAL_KNN_H
#define CKERNELS_INTERNAL_KNN_H

#include "curve.h"
#include "memory.h"

enum {
  /// 16 blocks of level 0 and more than 2^31 points at level 7.
  ckernels_knn_level_limit = 8,
  /// The most neighbors that one pass over the tree finds.
  ckernels_knn_pass_limit = 64,
  /// The most boxes in a list.
  ckernels_knn_box_limit = 256,
};

/// The index of what is no point.
#define CKERNELS_KNN_NONE UINT32_MAX

/// Points next to each other on the curve; those behind the last one have no index.
typedef struct ckernels_knn_points {
  float x[ckernels_knn_fanout], y[ckernels_knn_fanout], z[ckernels_knn_fanout];
  uint32_t index[ckernels_knn_fanout];
} ckernels_knn_points;

/// The bounding boxes of a node's children, and the lowest index of a point in each.
typedef struct ckernels_knn_node {
  float low_x[ckernels_knn_fanout], low_y[ckernels_knn_fanout], low_z[ckernels_knn_fanout];
  float high_x[ckernels_knn_fanout], high_y[ckernels_knn_fanout], high_z[ckernels_knn_fanout];
  uint32_t lowest_index[ckernels_knn_fanout];
} ckernels_knn_node;

/// Blocks of points; the nodes of level 0 bound sixteen of them each, those of level l + 1 sixteen
/// nodes of level l, up to the level of one node, which is at least level 1.
struct ckernels_knn {
  const ckernels_variant *variant;
  size_t count, dimension_count;
  size_t block_count;
  ckernels_knn_points *blocks;
  ckernels_curve curve;
  /// The curve's position at the first point of each block, or at the one that it stands for.
  uint64_t *first_codes;
  size_t level_count;
  size_t node_counts[ckernels_knn_level_limit];
  ckernels_knn_node *nodes[ckernels_knn_level_limit];
  /// Where all of these are, and what sorting takes.
  ckernels_buffer memory, scratch;
};

/// The bounding boxes of some nodes or blocks, and their numbers.
typedef struct ckernels_knn_boxes {
  size_t count;
  float low_x[ckernels_knn_box_limit + ckernels_knn_fanout];
  float low_y[ckernels_knn_box_limit + ckernels_knn_fanout];
  float low_z[ckernels_knn_box_limit + ckernels_knn_fanout];
  float high_x[ckernels_knn_box_limit + ckernels_knn_fanout];
  float high_y[ckernels_knn_box_limit + ckernels_knn_fanout];
  float high_z[ckernels_knn_box_limit + ckernels_knn_fanout];
  uint32_t number[ckernels_knn_box_limit + ckernels_knn_fanout];
} ckernels_knn_boxes;

/// The block of up to sixteen points in order, from `first` on.
void ckernels_fill_block(ckernels_knn_points *block, size_t dimension_count, size_t count,
                         size_t first, const float *points, const ckernels_curve_point *order);

/// What the queries answered last tell about those that follow. It saves time, and changes no result.
typedef struct ckernels_knn_recent {
  /// The queries, and the distance from each to the farthest of its k points, or infinity.
  ckernels_knn_points queries;
  float radii[ckernels_knn_fanout];
  /// The squared radius of the last one.
  float last_squared;
  /// A box around them, and all nodes of level 0 whose squared distance from it is no more than the
  /// threshold, which is negative where there are none.
  float low[3], high[3];
  float threshold;
  ckernels_knn_boxes nodes;
} ckernels_knn_recent;

/// Queries next to each other and where their results go.
struct ckernels_knn_request {
  /// Positions, and indices of the rows of the results; lanes from `begin` on before `end` count.
  const ckernels_knn_points *queries;
  size_t begin, end;
  /// A block of points near the queries.
  size_t near_block;
  size_t k;
  float squared_radius;
  ckernels_knn_recent *recent;
  /// `[rows, k]`.
  int32_t *indices;
  /// The same, or NULL.
  float *squared_distances;
};

#endif
