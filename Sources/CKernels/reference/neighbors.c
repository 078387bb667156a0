#include <math.h>
#include <string.h>

#include "reference.h"

static double squared_distance(size_t dimensions, const float *a, const float *b) {
  double squared = 0;
  for (size_t d = 0; d < dimensions; d++) {
    const double difference = (double)a[d] - b[d];
    squared += difference * difference;
  }
  return squared;
}

void ckernels_reference_neighbor_filter(ckernels_filter_kind kind, size_t rows,
                                        size_t neighbor_count, size_t dimension_count, size_t width,
                                        const float *x_source, const float *x_query, const float *f,
                                        const int32_t *neighbors, float *y) {
  const double sign = kind == CKERNELS_FILTER_GAUSSIAN ? -1 : 1;
  const bool weighs = kind == CKERNELS_FILTER_GAUSSIAN || kind == CKERNELS_FILTER_EXPONENTIAL;
  for (size_t i = 0; i < rows; i++) {
    const int32_t *listed = neighbors + i * neighbor_count;
    if (kind == CKERNELS_FILTER_NEAREST) {
      memcpy(y + i * width, f + (size_t)listed[0] * width, width * sizeof(float));
      continue;
    }
    double largest = 0;
    for (size_t j = 0; weighs && j < neighbor_count; j++) {
      const double squared =
          squared_distance(dimension_count, x_source + (size_t)listed[j] * dimension_count,
                           x_query + i * dimension_count);
      if (!(squared <= largest)) largest = squared;
    }
    for (size_t c = 0; c < width; c++) {
      double sum = 0, total = 0;
      for (size_t j = 0; j < neighbor_count; j++) {
        double weight = 1;
        if (weighs && largest != 0)
          weight = exp(sign *
                       squared_distance(dimension_count,
                                        x_source + (size_t)listed[j] * dimension_count,
                                        x_query + i * dimension_count) / largest);
        total += weight;
        sum += weight * f[(size_t)listed[j] * width + c];
      }
      y[i * width + c] = (float)(sum / total);
    }
  }
}

void ckernels_reference_neighbor_max(size_t rows, size_t neighbor_count, size_t width,
                                     const float *f, const int32_t *neighbors, float *y) {
  for (size_t i = 0; i < rows; i++)
    for (size_t c = 0; c < width; c++) {
      float largest = f[(size_t)neighbors[i * neighbor_count] * width + c];
      for (size_t j = 1; j < neighbor_count; j++) {
        const float value = f[(size_t)neighbors[i * neighbor_count + j] * width + c];
        if (value > largest || value != value) largest = value;
        // Once NaN, always NaN: no comparison with it is true.
      }
      y[i * width + c] = largest;
    }
}

void ckernels_reference_gather_rows(size_t rows, size_t width, const float *f,
                                    const int32_t *indices, float *y) {
  for (size_t i = 0; i < rows; i++)
    memcpy(y + i * width, f + (size_t)indices[i] * width, width * sizeof(float));
}
