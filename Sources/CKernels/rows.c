#include "include/CKernelsRows.h"

#include <string.h>

#include "internal/variant.h"

void ckernels_activate(ckernels_activation activation, size_t count, const float *x, float *y) {
  ckernels_current_variant()->activate(activation, count, x, y);
}

void ckernels_affine(size_t rows, size_t width, const float *x, const float *scale,
                     const float *shift, float *y) {
  ckernels_current_variant()->affine(rows, width, x, scale, shift, y);
}

void ckernels_add(size_t count, const float *a, const float *b, float *y) {
  ckernels_current_variant()->add(count, a, b, y);
}

void ckernels_softmax(size_t rows, size_t width, const float *x, float *y) {
  ckernels_current_variant()->softmax(rows, width, x, y);
}

void ckernels_copy_columns(size_t rows, size_t width, const float *x, size_t y_width, size_t column,
                           float *y) {
  for (size_t r = 0; r < rows; r++)
    memcpy(y + r * y_width + column, x + r * width, width * sizeof(float));
}

void ckernels_gather_columns(size_t rows, size_t width, const float *f, const int32_t *indices,
                             size_t y_width, size_t column, float *y) {
  for (size_t r = 0; r < rows; r++)
    memcpy(y + r * y_width + column, f + (size_t)indices[r] * width, width * sizeof(float));
}

void ckernels_nearest_centroid(size_t rows, size_t width, size_t centroid_count, const float *x,
                               const float *centroids, int32_t *indices) {
  ckernels_current_variant()->nearest_centroid(rows, width, centroid_count, x, centroids, indices);
}
