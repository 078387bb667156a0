#include <math.h>

#include "reference.h"

void ckernels_reference_affine(size_t rows, size_t width, const float *x, const float *scale,
                               const float *shift, float *y) {
  for (size_t i = 0; i < rows; i++)
    for (size_t c = 0; c < width; c++)
      y[i * width + c] = (float)((double)x[i * width + c] * scale[c] + shift[c]);
}

void ckernels_reference_add(size_t count, const float *a, const float *b, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

void ckernels_reference_softmax(size_t rows, size_t width, const float *x, float *y) {
  for (size_t i = 0; i < rows; i++, x += width, y += width) {
    float largest = x[0];
    for (size_t c = 1; c < width; c++)
      if (x[c] > largest || x[c] != x[c]) largest = x[c];
    double sum = 0;
    for (size_t c = 0; c < width; c++) sum += exp((double)x[c] - largest);
    for (size_t c = 0; c < width; c++) y[c] = (float)(exp((double)x[c] - largest) / sum);
  }
}

void ckernels_reference_nearest_centroid(size_t rows, size_t width, size_t centroid_count,
                                         const float *x, const float *centroids, int32_t *indices) {
  for (size_t i = 0; i < rows; i++) {
    double best = INFINITY;
    indices[i] = 0;
    for (size_t k = 0; k < centroid_count; k++) {
      double squared = 0;
      for (size_t c = 0; c < width; c++) {
        const double difference = (double)x[i * width + c] - centroids[k * width + c];
        squared += difference * difference;
      }
      if (squared < best) {
        best = squared;
        indices[i] = (int32_t)k;
      }
    }
  }
}
