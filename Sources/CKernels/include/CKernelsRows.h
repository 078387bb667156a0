#ifndef CKERNELS_ROWS_H
#define CKERNELS_ROWS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// y = x * scale + shift per channel: x, y `[rows, width]`, scale, shift `[width]`; `y` may be `x`.
void ckernels_affine(size_t rows, size_t width, const float *x, const float *scale,
                     const float *shift, float *y);

/// y[i] = a[i] + b[i] for `count` elements; `y` may be `a` or `b`.
void ckernels_add(size_t count, const float *a, const float *b, float *y);

/// Softmax over the last axis, shifted by the row's maximum: x, y `[rows, width]`; `y` may be `x`.
/// A row that holds NaN or +infinity becomes NaN.
void ckernels_softmax(size_t rows, size_t width, const float *x, float *y);

/// Copies x `[rows, width]` into the columns `column ..< column + width` of y `[rows, y_width]`.
void ckernels_copy_columns(size_t rows, size_t width, const float *x, size_t y_width, size_t column,
                           float *y);

/// The same of the rows that indices name: f `[sources, width]`, indices `[rows]`.
void ckernels_gather_columns(size_t rows, size_t width, const float *f, const int32_t *indices,
                             size_t y_width, size_t column, float *y);

/// The index of the centroid nearest to each row, the lowest on ties, 0 for a row that holds NaN.
///
/// x `[rows, width]`, centroids `[centroid_count, width]` → indices `[rows]`
void ckernels_nearest_centroid(size_t rows, size_t width, size_t centroid_count, const float *x,
                               const float *centroids, int32_t *indices);

#pragma clang assume_nonnull end

#endif
