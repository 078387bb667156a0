#ifndef CKERNELS_NEAREST_NEIGHBORS_H
#define CKERNELS_NEAREST_NEIGHBORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// An index over points for exact k-nearest-neighbor queries.
///
/// Squared distances are (dx * dx + dy * dy) + dz * dz in float32, each operation rounded once, with
/// every instruction set; neighbors are ordered by them, then by index. Coordinates should be
/// relative to a point nearby: float32 has 24 bits.
typedef struct ckernels_knn ckernels_knn;

/// How the parts of a long piece of work are run: in any order, on any threads.
typedef struct ckernels_part_runner {
  void *_Nullable context;
  /// Calls `part` with `work` and each number below `part_count`. True once all calls have returned;
  /// false, once those that have begun have returned, where nobody wants the result any more.
  bool (*run)(void *_Nullable context, size_t part_count, void (*part)(void *work, size_t number),
              void *work);
} ckernels_part_runner;

/// How the making of an index ended.
typedef enum ckernels_knn_outcome {
  ckernels_knn_built,
  /// The index holds no points.
  ckernels_knn_abandoned,
  ckernels_knn_out_of_memory,
} ckernels_knn_outcome;

/// An index without points. NULL when memory runs out.
ckernels_knn *_Nullable ckernels_knn_create(void);

/// Indexes `count` points `[count, dimension_count]`, 1 to 3 finite coordinates each, instead of those
/// that the index held, in the same memory as far as it goes; count is at most 2^31 - 1.
///
/// Without a runner on this thread alone; the index is the same with any.
ckernels_knn_outcome ckernels_knn_build(ckernels_knn *knn, size_t count, size_t dimension_count,
                                        const float *points,
                                        const ckernels_part_runner *_Nullable runner);

/// The same for points that stand for those of a finer index, another one, such as the means of its
/// voxels: they are kept in the order of the first points that they stand for, so that several levels
/// share one sort. `coarser_points` `[finer points]` tells which of the points stands for each.
ckernels_knn_outcome ckernels_knn_build_coarser(ckernels_knn *knn, const ckernels_knn *finer,
                                                size_t count, const float *points,
                                                const int32_t *coarser_points);

/// The `k` nearest points of each query that are no farther than `radius` (INFINITY for all).
///
/// queries `[query_count, dimension_count]`, finite → indices and, unless NULL, squared distances
/// `[query_count, k]`; where there are fewer than k points, -1 and infinity. Fastest for k up to 64.
/// What has a coordinate that is no number is neither found nor finds anything. Less than 2^31
/// queries; false when memory runs out.
bool ckernels_knn_query(const ckernels_knn *knn, size_t query_count, const float *queries, size_t k,
                        float radius, int32_t *indices, float *_Nullable squared_distances);

/// The same for the points of another index, or of this one, where every point finds itself as well:
/// those at `begin ..< end` of the order in which that index keeps them, which is along a
/// space-filling curve, so that nothing has to be sorted. Both are of the same dimension.
///
/// Row i of the results, `[count, k]`, belongs to point i; only the rows of those points are
/// written, so that ranges may run on different threads.
void ckernels_knn_query_across(const ckernels_knn *knn, const ckernels_knn *queries, size_t begin,
                               size_t end, size_t k, float radius, int32_t *indices,
                               float *_Nullable squared_distances);

/// The order in which the index keeps the points: point indices `[count]`.
void ckernels_knn_order(const ckernels_knn *knn, int32_t *order);

void ckernels_knn_destroy(ckernels_knn *_Nullable knn);

#pragma clang assume_nonnull end

#endif
