#ifndef CKERNELS_POINT_CONVOLUTION_H
#define CKERNELS_POINT_CONVOLUTION_H

#include <stdint.h>

#include "CKernelsActivation.h"
#include "CKernelsPrecision.h"

#pragma clang assume_nonnull begin

/// The largest number of coordinates of a point.
enum { ckernels_dimension_limit = 8 };

/// KPConvX blocks (inference), batch normalization already folded into weights and biases.
///
/// Block b computes, for each point i with neighbors j:
///   u = activation(f_i @ alpha_weights + alpha_bias)
///   z = sigmoid(u @ modulation_weights + modulation_bias), `[kernel_point_count, input_width / G]`
///   k_ij = argmin_k |x_j - x_i - q_k|, the lowest index on ties
///   h_ij = max(0, 1 - |x_j - x_i - q_{k_ij}| / influence_distance)
///   a[c] = sum over j of h_ij * z[k_ij, c / G] * kernel_weights[k_ij, c] * f_j[c]
///   f_i + activation(activation(a @ up_weights + up_bias) @ down_weights + down_bias)
typedef struct ckernels_kpconvx_parameters {
  size_t block_count;
  size_t input_width;
  size_t hidden_width;
  /// G: consecutive channels that share one modulation; divides `input_width`.
  size_t group_size;
  size_t kernel_point_count;
  /// Coordinates of a point, 1 to `ckernels_dimension_limit`.
  size_t dimension_count;
  float influence_distance;
  ckernels_activation activation;
  /// Q `[kernel_point_count, dimension_count]`
  const float *kernel_points;
  /// W `[block_count, kernel_point_count, input_width]`
  const float *kernel_weights;
  /// Phi `[block_count, input_width, input_width]`
  const float *alpha_weights;
  /// phi `[block_count, input_width]`
  const float *alpha_bias;
  /// Psi `[block_count, input_width, kernel_point_count * input_width / group_size]`
  const float *modulation_weights;
  /// psi `[block_count, kernel_point_count * input_width / group_size]`
  const float *modulation_bias;
  /// Ã `[block_count, input_width, hidden_width]`
  const float *up_weights;
  /// b̃ `[block_count, hidden_width]`
  const float *up_bias;
  /// Â `[block_count, hidden_width, input_width]`
  const float *down_weights;
  /// b̂ `[block_count, input_width]`
  const float *down_bias;
  /// Of the four products.
  ckernels_precision precision;
} ckernels_kpconvx_parameters;

typedef struct ckernels_kpconvx ckernels_kpconvx;

ckernels_kpconvx *_Nullable ckernels_kpconvx_create(const ckernels_kpconvx_parameters *parameters);

/// The scratch bytes of `ckernels_kpconvx_run`.
size_t ckernels_kpconvx_scratch_bytes(const ckernels_kpconvx *layer, size_t rows,
                                      size_t neighbor_count);

/// Runs all blocks over one cloud.
///
/// x `[rows, dimension_count]`, f `[rows, input_width]`, neighbors `[rows, neighbor_count]` with
/// entries in `0 ..< rows` → y `[rows, input_width]`
void ckernels_kpconvx_run(const ckernels_kpconvx *layer, size_t rows, size_t neighbor_count,
                          const float *x, const float *f, const int32_t *neighbors, float *y,
                          void *scratch);

/// The scratch bytes of `ckernels_kpconvx_run_rows`, independent of the number of rows.
size_t ckernels_kpconvx_rows_scratch_bytes(const ckernels_kpconvx *layer, size_t neighbor_count);

/// Runs one block for the rows `row_begin ..< row_end` of a cloud and writes those rows of `y`.
///
/// Pointers are those of the whole cloud. All rows of a block must be complete before any row of the
/// next block starts, and `y` is never `f`.
void ckernels_kpconvx_run_rows(const ckernels_kpconvx *layer, size_t block, size_t row_begin,
                               size_t row_end, size_t neighbor_count, const float *x,
                               const float *f, const int32_t *neighbors, float *y, void *scratch);

void ckernels_kpconvx_destroy(ckernels_kpconvx *_Nullable layer);

/// KPConv: y_i = sum over j and k of max(0, 1 - |x_j - x_i - q_k| / influence_distance) f_j @ W_k
typedef struct ckernels_kpconv_parameters {
  size_t input_width;
  size_t output_width;
  size_t kernel_point_count;
  /// Coordinates of a point, 1 to `ckernels_dimension_limit`.
  size_t dimension_count;
  float influence_distance;
  /// Q `[kernel_point_count, dimension_count]`
  const float *kernel_points;
  /// W `[kernel_point_count, input_width, output_width]`
  const float *kernel_weights;
  ckernels_activation activation;
  /// `[output_width]`, or NULL for one; applied after the activation
  const float *_Nullable scale;
  /// `[output_width]`, or NULL for zero
  const float *_Nullable shift;
} ckernels_kpconv_parameters;

typedef struct ckernels_kpconv ckernels_kpconv;

ckernels_kpconv *_Nullable ckernels_kpconv_create(const ckernels_kpconv_parameters *parameters);

/// Independent of the number of rows.
size_t ckernels_kpconv_scratch_bytes(const ckernels_kpconv *layer, size_t neighbor_count);

/// Convolves around each of `rows` query points.
///
/// x_query `[rows, dimension_count]` (the source points themselves unless strided), x_source
/// `[sources, dimension_count]`, f `[sources, input_width]`, neighbors `[rows, neighbor_count]` with
/// entries in `0 ..< sources` → y `[rows, output_width]`
void ckernels_kpconv_run(const ckernels_kpconv *layer, size_t rows, size_t neighbor_count,
                         const float *x_query, const float *x_source, const float *f,
                         const int32_t *neighbors, float *y, void *scratch);

void ckernels_kpconv_destroy(ckernels_kpconv *_Nullable layer);

#pragma clang assume_nonnull end

#endif
