#ifndef CKERNELS_NEIGHBORS_H
#define CKERNELS_NEIGHBORS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// How the features of the neighbors of a point become one feature.
typedef enum ckernels_filter_kind {
  /// The average.
  CKERNELS_FILTER_MEAN = 0,
  /// The feature of the neighbor listed first.
  CKERNELS_FILTER_NEAREST = 1,
  /// Weights exp(-d² / d²max), normalized by their sum.
  CKERNELS_FILTER_GAUSSIAN = 2,
  /// Weights exp(+d² / d²max), normalized by their sum.
  CKERNELS_FILTER_EXPONENTIAL = 3,
} ckernels_filter_kind;

/// Filters the features of each query point's neighbors.
///
/// d² is the squared distance between the query point and the neighbor, d²max the largest one of
/// that neighborhood; where d²max is zero the result is the mean.
/// x_source `[sources, dimension_count]` and x_query `[rows, dimension_count]` are read by the
/// gaussian and exponential filters only, f `[sources, width]`, neighbors `[rows, neighbor_count]` →
/// y `[rows, width]`. `neighbor_count` is at least 1.
void ckernels_neighbor_filter(ckernels_filter_kind kind, size_t rows, size_t neighbor_count,
                              size_t dimension_count, size_t width,
                              const float *_Nullable x_source, const float *_Nullable x_query,
                              const float *f, const int32_t *neighbors, float *y);

/// The largest feature of each query point's neighbors, per channel; NaN where any of them is NaN.
///
/// f `[sources, width]`, neighbors `[rows, neighbor_count]` → y `[rows, width]`; `neighbor_count` is
/// at least 1.
void ckernels_neighbor_max(size_t rows, size_t neighbor_count, size_t width, const float *f,
                           const int32_t *neighbors, float *y);

/// y[r] = f[indices[r]]: f `[sources, width]`, indices `[rows]` → y `[rows, width]`
void ckernels_gather_rows(size_t rows, size_t width, const float *f, const int32_t *indices,
                          float *y);

#pragma clang assume_nonnull end

#endif
